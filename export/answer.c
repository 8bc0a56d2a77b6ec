/* Runs a signature of a SavedModel through TensorFlow's C API: the way
 * TensorFlow Serving loads and runs one, without Python and without Keras.
 *
 *   answer [library=PATH] [repeat=N] FOLDER NAME=TENSOR... -- NAME=TENSOR...
 *
 * The inputs stand before the --, the outputs behind it. Which tensor each is
 * stands in the SavedModel's signature and differs between SavedModels, so it
 * comes in as an argument: `python -m export.c_program` builds this program
 * and prints the whole command for a SavedModel.
 *
 * A request is a line of stdin for every input, in any order, and an empty
 * line. A line is the input's name, its shape (the sizes of its axes, a comma
 * between two) and its values, row after row: strings in UTF-8, numbers, or
 * 0 and 1; a tab stands before each. So `story`, one story of two sentences,
 * with a tab for each |, is
 *
 *   story|1,2|John went to the garden|Mary went to the office
 *
 * The reply is written in the same way, the outputs in the order of the
 * arguments: what one signature gives another can take. With repeat=N every
 * request is run N times more, and the reply also has a line `microseconds`,
 * the mean time of these runs. With library=PATH a library of ops is loaded
 * first.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

enum { MOST_TENSORS = 16, MOST_AXES = 8 };
enum { INPUTS, OUTPUTS, SIDES };

/* The inputs of a signature, or its outputs. */
typedef struct {
  int count;
  const char *names[MOST_TENSORS];
  TF_Output tensors[MOST_TENSORS];
  TF_Tensor *values[MOST_TENSORS];
} Side;

typedef struct {
  TF_Graph *graph;
  TF_Session *session;
  TF_Status *status;
  Side sides[SIDES];
} Model;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "answer: %s%s\n", what, which);
  exit(1);
}

static void check(const TF_Status *status) {
  if (TF_GetCode(status) != TF_OK) fail("", TF_Message(status));
}

static void load_library(const char *path) {
  TF_Status *status = TF_NewStatus();
  TF_LoadLibrary(path, status);
  check(status);
  TF_DeleteStatus(status);
}

static Model load(const char *folder) {
  setenv("TF_ENABLE_ONEDNN_OPTS", "0", 0);
  Model model = {.graph = TF_NewGraph(), .status = TF_NewStatus()};
  const char *tags[] = {"serve"};
  TF_SessionOptions *options = TF_NewSessionOptions();
  /* A request is many small operations: to hand one to another thread, or to
   * oneDNN, takes longer than to run it. A ConfigProto, as bytes:
   * intra_op_parallelism_threads = 1, inter_op_parallelism_threads = -1, which
   * is the thread that calls. */
  static const unsigned char config[] = {0x10, 1,    0x28, 0xff, 0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 1};
  TF_SetConfig(options, config, sizeof config, model.status);
  check(model.status);
  model.session = TF_LoadSessionFromSavedModel(
      options, NULL, folder, tags, 1, model.graph, NULL, model.status);
  check(model.status);
  TF_DeleteSessionOptions(options);
  return model;
}

/* Takes an argument NAME=TENSOR, the tensor such as "PartitionedCall:2". */
static void add_tensor(const Model *model, Side *side, char *argument) {
  char operation[256];
  int index = 0;
  char *name = strchr(argument, '=');
  if (name == NULL) fail("expected NAME=TENSOR, not ", argument);
  *name++ = '\0';
  if (sscanf(name, "%255[^:]:%d", operation, &index) < 1)
    fail("expected the name of a tensor, not ", name);
  TF_Output tensor = {TF_GraphOperationByName(model->graph, operation), index};
  if (tensor.oper == NULL) fail("the graph has no ", name);
  if (side->count == MOST_TENSORS) fail("too many tensors: ", argument);
  side->names[side->count] = argument;
  side->tensors[side->count++] = tensor;
}

static size_t size_of(TF_DataType type, const char *name) {
  if (type == TF_STRING) return sizeof(TF_TString);
  if (type != TF_FLOAT && type != TF_INT32 && type != TF_BOOL)
    fail("expected strings, floats, int32 or bools in ", name);
  return TF_DataTypeSize(type);
}

static void read_value(TF_Tensor *tensor, int64_t i, const char *text,
                       size_t length) {
  void *values = TF_TensorData(tensor);
  switch (TF_TensorType(tensor)) {
    case TF_STRING:
      TF_StringInit((TF_TString *)values + i);
      TF_StringCopy((TF_TString *)values + i, text, length);
      break;
    case TF_FLOAT:
      ((float *)values)[i] = strtof(text, NULL);
      break;
    case TF_INT32:
      ((int32_t *)values)[i] = strtol(text, NULL, 10);
      break;
    default:
      ((unsigned char *)values)[i] = text[0] == '1';
  }
}

static void print_value(const TF_Tensor *tensor, int64_t i) {
  const void *values = TF_TensorData(tensor);
  const TF_TString *string;
  switch (TF_TensorType(tensor)) {
    case TF_STRING:
      string = (const TF_TString *)values + i;
      fwrite(TF_StringGetDataPointer(string), 1, TF_StringGetSize(string),
             stdout);
      break;
    case TF_FLOAT:
      printf("%.9g", ((const float *)values)[i]);
      break;
    case TF_INT32:
      printf("%d", ((const int32_t *)values)[i]);
      break;
    default:
      putchar(((const unsigned char *)values)[i] ? '1' : '0');
  }
}

/* The tensor of the shape and the values in `text`; TF_DeleteTensor frees
 * its strings too. */
static TF_Tensor *read_tensor(const char *name, TF_DataType type, char *text,
                              const char *end) {
  int64_t shape[MOST_AXES], count = 1, values = 0;
  int axes = 0;
  for (; text < end && *text != '\t'; text += *text == ',') {
    if (axes == MOST_AXES) fail("too many axes in ", name);
    shape[axes] = strtoll(text, &text, 10);
    if (shape[axes] < 0 || (text < end && *text != ',' && *text != '\t'))
      fail("expected a shape such as 1,2 in ", name);
    count *= shape[axes++];
  }
  for (const char *c = text; c < end; ++c) values += *c == '\t';
  if (values != count) fail("expected as many values as its shape has in ", name);
  TF_Tensor *tensor =
      TF_AllocateTensor(type, shape, axes, count * size_of(type, name));
  for (int64_t i = 0; i < count; ++i) {
    const char *value = text + 1;
    text = memchr(value, '\t', end - value);
    if (text == NULL) text = (char *)end;
    read_value(tensor, i, value, text - value);
  }
  return tensor;
}

/* Takes a line of a request. */
static void read_input(Side *inputs, char *line, char *end) {
  char *tab = memchr(line, '\t', end - line);
  if (tab == NULL) fail("expected a name, a shape and values in ", line);
  *tab = '\0';
  for (int i = 0; i < inputs->count; ++i) {
    if (strcmp(line, inputs->names[i]) == 0) {
      if (inputs->values[i] != NULL) fail("given twice: ", line);
      inputs->values[i] = read_tensor(
          line, TF_OperationOutputType(inputs->tensors[i]), tab + 1, end);
      return;
    }
  }
  fail("no input is called ", line);
}

static void print(const char *name, const TF_Tensor *tensor) {
  size_of(TF_TensorType(tensor), name);
  printf("%s\t", name);
  for (int axis = 0; axis < TF_NumDims(tensor); ++axis)
    printf(axis ? ",%lld" : "%lld", (long long)TF_Dim(tensor, axis));
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) {
    putchar('\t');
    print_value(tensor, i);
  }
  putchar('\n');
}

static void run(Model *model) {
  Side *inputs = &model->sides[INPUTS], *outputs = &model->sides[OUTPUTS];
  TF_SessionRun(model->session, NULL, inputs->tensors, inputs->values,
                inputs->count, outputs->tensors, outputs->values,
                outputs->count, NULL, 0, NULL, model->status);
  check(model->status);
}

static void delete_values(Side *side) {
  for (int i = 0; i < side->count; ++i) {
    TF_DeleteTensor(side->values[i]);
    side->values[i] = NULL;
  }
}

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void answer(Model *model, long repeat) {
  Side *inputs = &model->sides[INPUTS], *outputs = &model->sides[OUTPUTS];
  for (int i = 0; i < inputs->count; ++i)
    if (inputs->values[i] == NULL) fail("missing input: ", inputs->names[i]);
  run(model);
  for (int i = 0; i < outputs->count; ++i)
    print(outputs->names[i], outputs->values[i]);
  delete_values(outputs);
  if (repeat > 0) {
    double start = microseconds();
    for (long i = 0; i < repeat; ++i) {
      run(model);
      delete_values(outputs);
    }
    printf("microseconds\t\t%.1f\n", (microseconds() - start) / repeat);
  }
  putchar('\n');
  fflush(stdout);
  delete_values(inputs);
}

int main(int argc, char **argv) {
  int next = 1, side = INPUTS;
  long repeat = 0;
  for (; next < argc; ++next) {
    if (strncmp(argv[next], "library=", 8) == 0)
      load_library(argv[next] + 8);
    else if (strncmp(argv[next], "repeat=", 7) == 0)
      repeat = atol(argv[next] + 7);
    else
      break;
  }
  if (next == argc)
    fail("answer [library=PATH] [repeat=N] FOLDER NAME=TENSOR... -- "
         "NAME=TENSOR...", "");
  Model model = load(argv[next++]);
  for (; next < argc; ++next) {
    if (strcmp(argv[next], "--") == 0)
      side = OUTPUTS;
    else
      add_tensor(&model, &model.sides[side], argv[next]);
  }
  if (model.sides[OUTPUTS].count == 0) fail("missing arguments: outputs", "");

  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stdin)) != -1) {
    if (length > 0 && line[length - 1] == '\n') line[--length] = '\0';
    if (length == 0)
      answer(&model, repeat);
    else
      read_input(&model.sides[INPUTS], line, line + length);
  }
  free(line);
  TF_CloseSession(model.session, model.status);
  check(model.status);
  TF_DeleteSession(model.session, model.status);
  TF_DeleteGraph(model.graph);
  TF_DeleteStatus(model.status);
  return 0;
}
