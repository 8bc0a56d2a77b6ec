"""What is trained on bAbI, and how."""

from collections.abc import Callable

from experiments.babi.recipes.addressing import (
    gated_memn2n,
    key_value,
    memn2n,
    memnn,
)
from experiments.babi.recipes.by_loss import memn2n_by_loss, two_reader
from experiments.babi.recipes.in_order import (
    dynamic_memory_plus,
    query_reduction,
    recurrent_entity,
)
from experiments.babi.recipes.recipe import Recipe
from experiments.babi.recipes.schedules import Halve

__all__ = [
    "RECIPES",
    "Halve",
    "Recipe",
    "dynamic_memory_plus",
    "gated_memn2n",
    "key_value",
    "memn2n",
    "memn2n_by_loss",
    "memnn",
    "query_reduction",
    "recurrent_entity",
    "two_reader",
]

RECIPES: dict[str, Callable[..., Recipe]] = {
    "memn2n": memn2n,
    "gated_memn2n": gated_memn2n,
    "memnn": memnn,
    "key_value": key_value,
    "recurrent_entity": recurrent_entity,
    "dynamic_memory_plus": dynamic_memory_plus,
    "query_reduction": query_reduction,
    "two_reader": two_reader,
    "memn2n_by_loss": memn2n_by_loss,
}
