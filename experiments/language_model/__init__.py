"""MemN2N as a language model of the Penn Treebank."""
