/* Answers questions with a SavedModel through TensorFlow's C API: the way
 * TensorFlow Serving loads and runs one, without Python and without Keras.
 *
 *   answer FOLDER [repeat=N] story=TENSOR question=TENSOR NAME=TENSOR...
 *
 * Which tensor an input or output is stands in the SavedModel's signature
 * and differs between SavedModels, so it comes in as an argument:
 * `python -m export.c_program` builds this program and prints the whole
 * command for a SavedModel.
 *
 * One line of stdin is one request, UTF-8: the question, then each sentence
 * of the story, the oldest first, a tab before each. Each reply is a line
 * for every NAME, in the order of the arguments: the name and then its
 * values, a tab before each (those of a matrix row after row); an empty line
 * ends the reply. With repeat=N every request is run N times more, and the
 * reply also has a line `microseconds`, the mean time of these runs.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

enum { INPUTS = 2, MOST_OUTPUTS = 16 };
static const char *INPUT_NAMES[INPUTS] = {"story", "question"};

typedef struct {
  TF_Graph *graph;
  TF_Session *session;
  TF_Status *status;
  TF_Output inputs[INPUTS];
  TF_Output outputs[MOST_OUTPUTS];
  const char *output_names[MOST_OUTPUTS];
  int output_count;
} Network;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "answer: %s%s\n", what, which);
  exit(1);
}

static void check(const TF_Status *status) {
  if (TF_GetCode(status) != TF_OK) fail("", TF_Message(status));
}

static Network load(const char *folder) {
  Network network = {.graph = TF_NewGraph(), .status = TF_NewStatus()};
  const char *tags[] = {"serve"};
  TF_SessionOptions *options = TF_NewSessionOptions();
  network.session =
      TF_LoadSessionFromSavedModel(options, NULL, folder, tags, 1,
                                   network.graph, NULL, network.status);
  check(network.status);
  TF_DeleteSessionOptions(options);
  return network;
}

/* The tensor of a name such as "StatefulPartitionedCall:2". */
static TF_Output tensor_named(const Network *network, const char *name) {
  char operation[256];
  int index = 0;
  if (sscanf(name, "%255[^:]:%d", operation, &index) < 1)
    fail("expected the name of a tensor, not ", name);
  TF_Output tensor = {TF_GraphOperationByName(network->graph, operation),
                      index};
  if (tensor.oper == NULL) fail("the graph has no ", name);
  return tensor;
}

/* Takes an argument NAME=TENSOR. */
static void add_tensor(Network *network, char *argument) {
  char *equals = strchr(argument, '=');
  if (equals == NULL) fail("expected NAME=TENSOR, not ", argument);
  *equals = '\0';
  TF_Output tensor = tensor_named(network, equals + 1);
  for (int i = 0; i < INPUTS; ++i) {
    if (strcmp(argument, INPUT_NAMES[i]) == 0) {
      network->inputs[i] = tensor;
      return;
    }
  }
  if (network->output_count == MOST_OUTPUTS) fail("too many outputs", "");
  network->output_names[network->output_count] = argument;
  network->outputs[network->output_count++] = tensor;
}

/* A tensor of as many strings as its shape has elements. They are cut from
 * `text`, a tab between two; *text moves on behind them. TF_DeleteTensor
 * frees the strings too. */
static TF_Tensor *strings(const char **text, const char *end,
                          const int64_t *shape, int rank) {
  int64_t count = 1;
  for (int i = 0; i < rank; ++i) count *= shape[i];
  TF_Tensor *tensor =
      TF_AllocateTensor(TF_STRING, shape, rank, count * sizeof(TF_TString));
  TF_TString *values = TF_TensorData(tensor);
  for (int64_t i = 0; i < count; ++i) {
    const char *tab = memchr(*text, '\t', end - *text);
    const char *stop = tab ? tab : end;
    TF_StringInit(&values[i]);
    TF_StringCopy(&values[i], *text, stop - *text);
    *text = tab ? tab + 1 : end;
  }
  return tensor;
}

static void print(const char *name, const TF_Tensor *tensor) {
  int64_t count = TF_TensorElementCount(tensor);
  fputs(name, stdout);
  for (int64_t i = 0; i < count; ++i) {
    putchar('\t');
    if (TF_TensorType(tensor) == TF_FLOAT) {
      printf("%.9g", ((const float *)TF_TensorData(tensor))[i]);
    } else if (TF_TensorType(tensor) == TF_STRING) {
      const TF_TString *value = (TF_TString *)TF_TensorData(tensor) + i;
      fwrite(TF_StringGetDataPointer(value), 1, TF_StringGetSize(value),
             stdout);
    } else {
      fail("expected strings or floats in ", name);
    }
  }
  putchar('\n');
}

static void run(Network *network, TF_Tensor *inputs[], TF_Tensor *outputs[]) {
  TF_SessionRun(network->session, NULL, network->inputs, inputs, INPUTS,
                network->outputs, outputs, network->output_count, NULL, 0,
                NULL, network->status);
  check(network->status);
}

static void delete_outputs(const Network *network, TF_Tensor *outputs[]) {
  for (int i = 0; i < network->output_count; ++i) TF_DeleteTensor(outputs[i]);
}

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void answer(Network *network, const char *line, size_t length,
                   long repeat) {
  const char *end = line + length;
  int64_t sentences = 0;
  for (const char *c = line; c < end; ++c) sentences += *c == '\t';
  int64_t one = 1, story_shape[] = {1, sentences};
  TF_Tensor *question = strings(&line, end, &one, 1);
  TF_Tensor *story = strings(&line, end, story_shape, 2);
  TF_Tensor *inputs[INPUTS] = {story, question};
  TF_Tensor *outputs[MOST_OUTPUTS];

  run(network, inputs, outputs);
  for (int i = 0; i < network->output_count; ++i)
    print(network->output_names[i], outputs[i]);
  delete_outputs(network, outputs);

  if (repeat > 0) {
    double start = microseconds();
    for (long i = 0; i < repeat; ++i) {
      run(network, inputs, outputs);
      delete_outputs(network, outputs);
    }
    printf("microseconds\t%.1f\n", (microseconds() - start) / repeat);
  }
  putchar('\n');
  fflush(stdout);
  TF_DeleteTensor(story);
  TF_DeleteTensor(question);
}

int main(int argc, char **argv) {
  if (argc < 2)
    fail("answer FOLDER [repeat=N] story=TENSOR question=TENSOR "
         "NAME=TENSOR...", "");
  Network network = load(argv[1]);
  long repeat = 0;
  for (int i = 2; i < argc; ++i) {
    if (strncmp(argv[i], "repeat=", 7) == 0)
      repeat = atol(argv[i] + 7);
    else
      add_tensor(&network, argv[i]);
  }
  for (int i = 0; i < INPUTS; ++i)
    if (network.inputs[i].oper == NULL)
      fail("missing argument: ", INPUT_NAMES[i]);

  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stdin)) != -1) {
    if (length > 0 && line[length - 1] == '\n') --length;
    answer(&network, line, length, repeat);
  }
  free(line);
  TF_CloseSession(network.session, network.status);
  check(network.status);
  TF_DeleteSession(network.session, network.status);
  TF_DeleteGraph(network.graph);
  TF_DeleteStatus(network.status);
  return 0;
}
