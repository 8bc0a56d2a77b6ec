"""Networks of the zoo in PyTorch, eager: the same mathematics.

Each is a function of its weights, in the order of the library's, and of ids of
stories and questions, that returns the scores of all words. Batches are cut
beforehand and the optimizer is the fused one.
"""

import torch
from torch.nn import functional

from experiments.benchmark_networks import networks
from experiments.benchmark_training.setting import (
    FIRST_WORD,
    HOPS,
    SLOTS,
    in_batches,
)


class Trainer:
    """Trains by a loop in Python; arguments as `keras_fit.Trainer`."""

    def __init__(self, name, setting, batch_size, examples):
        self.network = NETWORKS[name]
        model, data = networks.make(name, setting, examples)
        self.weights = [
            torch.nn.Parameter(torch.tensor(weight.numpy()))
            for weight in model.trainable_variables
        ]
        arrays = in_batches(data["x"], data["y"]["answer"], batch_size)
        self.batches = [torch.tensor(array).long() for array in arrays]
        self.optimizer = torch.optim.Adam(self.weights, lr=0.001, fused=True)

    def train(self, epochs):
        """Trains for some passes over the examples; the last loss."""
        for _ in range(epochs):
            total = torch.zeros(())
            for batch in zip(*self.batches, strict=True):
                self.optimizer.zero_grad()
                loss = self._loss(*batch)
                loss.backward()
                self.optimizer.step()
                total += loss.detach()
        return float(total) / self.batches[-1].numel()

    def loss(self):
        """The summed loss of the first batch."""
        with torch.no_grad():
            return float(self._loss(*[array[0] for array in self.batches]))

    def _loss(self, story, question, answer):
        scores = self.network(self.weights, story, question)
        return functional.cross_entropy(
            scores[:, FIRST_WORD:], answer - FIRST_WORD, reduction="sum"
        )


def key_value(weights, story, question):
    """KeyValueMemNN, sentences as keys and as values."""
    words, *maps, answers, ages = weights
    filled = (story != 0).any(-1)
    age = filled.flip(1).cumsum(1).flip(1).clamp(max=SLOTS)  # the newest has 1
    times = functional.embedding(age, ages.flatten(1)) * filled[:, :, None]
    key_times, value_times = times.chunk(2, -1)
    sentences = _bags(words, story)
    keys, values = sentences + key_times, sentences + value_times
    state = _bags(words, question)
    for map_ in maps:
        read = (_addresses(keys, state, filled)[:, None] @ values).squeeze(1)
        state = (state + read) @ map_
    return state @ answers.T


def recurrent_entity(weights, story, question):
    """The recurrent entity network, sentence by sentence."""
    words, masks, of_read, out_slope, answers, keys, *gated = weights
    of_slot, of_key, of_input, bias, slope, gate_bias = gated
    filled = (story != 0).any(-1)
    sentences = _bags(words, story, masks[0])
    of_keys, of_inputs = keys @ of_key, sentences @ of_input + bias
    slots = keys.expand(len(story), -1, -1)
    for number in range(story.shape[1]):
        sentence = sentences[:, number, :, None]
        gate = torch.sigmoid((slots + keys) @ sentence + gate_bias)  # (B, S, 1)
        candidate = slots @ of_slot + of_keys + of_inputs[:, number, None]
        new = slots + gate * functional.prelu(
            candidate.movedim(-1, 1), slope
        ).movedim(1, -1)
        new = functional.normalize(new, dim=-1)
        slots = torch.where(filled[:, number, None, None], new, slots)
    state = _bags(words, question, masks[1])
    some = filled.any(1, keepdim=True).expand(-1, slots.shape[1])
    read = (_addresses(slots, state, some)[:, None] @ slots).squeeze(1)
    return functional.prelu(state + read @ of_read, out_slope) @ answers.T


def query_reduction(weights, story, question):
    """The query-reduction network, its scans in closed form."""
    words, *reductions, answers = weights
    filled = (story != 0).any(-1)
    sentences = _positions(words, story)
    units = sentences.shape[-1]
    questions = _positions(words, question)[:, None].expand_as(sentences)
    for hop in range(HOPS):
        gate, update_bias, reset_bias, candidate, bias = reductions[
            5 * hop : 5 * hop + 5
        ]
        gates = sentences * questions @ gate
        updates, resets = (gates + torch.cat([update_bias, reset_bias])).chunk(
            2, -1
        )
        both = torch.cat([sentences, questions], -1)
        candidates = torch.tanh(both @ candidate + bias).split(units, -1)
        ways = zip(
            updates.unbind(-1), resets.unbind(-1), candidates, strict=True
        )
        reduced = torch.zeros_like(sentences)
        for way, (update, reset, new) in enumerate(ways):
            order = (1,) if way else ()
            read = _scan(update.flip(order), filled.flip(order))
            written = (torch.sigmoid(reset)[..., None] * new).flip(order)
            reduced = reduced + (read @ written).flip(order)
        questions = reduced
    return questions[:, -1] @ answers.T


NETWORKS = {
    "KeyValueMemNN": key_value,
    "RecurrentEntityNetwork": recurrent_entity,
    "QueryReductionNetwork": query_reduction,
}


def _positions(words, ids):
    """Position encoding, `sum_j l_j * A x_j`."""
    units = words.shape[-1]
    present = (ids != 0).float()[..., None]
    position = torch.arange(1, ids.shape[-1] + 1)[:, None]
    fraction = position / present.sum(-2, keepdim=True).clamp(min=1)  # j/J
    dimension = torch.arange(1, units + 1) / units
    weights = 1 - fraction - dimension * (1 - 2 * fraction)
    return (functional.embedding(ids, words) * weights * present).sum(-2)


def _bags(words, ids, masks=1):
    """Bags of words, under a learned mask if given, `sum_j f_j * A x_j`."""
    present = (ids != 0).float()[..., None]
    return (functional.embedding(ids, words) * masks * present).sum(-2)


def _addresses(keys, state, filled):
    scores = (keys @ state[:, :, None]).squeeze(2)
    return scores.masked_fill(~filled, -1e30).softmax(1)


def _scan(scores, filled):
    """What every slot would read were it the newest, `(B, S, S)`."""
    kept = functional.logsigmoid(-scores).masked_fill(~filled, 0).cumsum(1)
    written = functional.logsigmoid(scores).masked_fill(~filled, -1e30) - kept
    exponent = kept[:, :, None] + written[:, None]
    return exponent.exp().tril()
