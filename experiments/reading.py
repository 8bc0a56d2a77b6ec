"""What a network read for an answer, for people to look at in a terminal."""

import rich.console
import rich.table
import rich.text

CONSOLE = rich.console.Console()


def show(network, story, question):
    """Prints a story coloured by what each hop read; returns the answer."""
    answer = network.answer(story, question)
    table = rich.table.Table(box=None, show_header=False, padding=(0, 1))
    for sentence, weights in zip(story, answer.addresses.T, strict=True):
        bright = int(255 * max(0.0, min(1.0, float(weights.max()))))
        color = f"rgb({255 - bright},255,{255 - bright})" if bright else "dim"
        read = "  ".join(f"{w:4.2f}" if w >= 0.01 else "   ." for w in weights)
        table.add_row(rich.text.Text(sentence, color), rich.text.Text(read))
    CONSOLE.print(f"[bold]{question}[/]  {type(network).__name__}:")
    CONSOLE.print(table)
    CONSOLE.print(f"  [bold green]{answer.text or 'nothing'}[/]\n")
    return answer
