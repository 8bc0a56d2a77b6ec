import subprocess

import pytest

from export import c_program, check

one_network = pytest.mark.parametrize("network", ["MemN2N"], indirect=True)


@one_network
def test_a_line_is_a_request(program, saved_model):
    ran = subprocess.run(
        c_program.command(program, saved_model),
        input="Where is John?\tJohn went to the garden\t\nWho?\n",
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0
    first, second, rest = ran.stdout.split("\n\n")
    assert rest == ""
    rows = [line.split("\t") for line in first.splitlines()]
    assert {name: len(values) for name, *values in rows} == {
        "answer": 1,
        "answers": 5,
        "attention": 2 * (len(rows[-1]) - 1),  # of two sentences
        "score": 1,
        "scores": 5,
        "support": len(rows[-1]) - 1,  # hops
    }
    assert "\nattention\n" in second  # no sentence, no weight


@one_network
def test_it_can_time_itself(program, saved_model, requests_told):
    replies = c_program.replies(
        program, saved_model, requests_told[:2], repeat=10
    )
    assert all(0 < reply["microseconds"][0] < 1e6 for reply in replies)
    check.compare(
        requests_told[:2],
        check.session(saved_model, requests_told[:2]),
        replies,
    )


@one_network
@pytest.mark.parametrize("line", [b"a\tb", b"a\nb"])
def test_what_would_break_a_line_is_an_error(program, saved_model, line):
    request = check.Request([line], b"Who?")
    with pytest.raises(ValueError, match="without tabs and line ends"):
        c_program.replies(program, saved_model, [request])


@one_network
@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "answer FOLDER"),
        (["no-folder"], "Could not find SavedModel"),
        (["MODEL"], "missing argument: story"),
        (["MODEL", "story"], "expected NAME=TENSOR, not story"),
        (["MODEL", "story=none:0"], "the graph has no none:0"),
        (["MODEL", "story=:0"], "expected the name of a tensor, not :0"),
    ],
)
def test_wrong_arguments_are_named(program, saved_model, arguments, message):
    arguments = [
        saved_model if argument == "MODEL" else argument
        for argument in arguments
    ]
    ran = subprocess.run(
        [program, *arguments], capture_output=True, input="", text=True
    )
    assert ran.returncode == 1
    assert message in ran.stderr


@one_network
def test_its_memory_does_not_grow(program, saved_model, requests_told):
    """The strings of requests and replies are freed."""
    request = check.Request([b"John went " * 100_000], b"Who?")
    command = c_program.command(program, saved_model, repeat=0)
    line = b"\t".join([request.question, *request.story]) + b"\n"
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    peaks = []
    with process:
        for count in (10, 20):
            for _ in range(count):
                process.stdin.write(line)
                process.stdin.flush()
                while process.stdout.readline() != b"\n":
                    pass
            with open(f"/proc/{process.pid}/status") as status:
                peak = next(row for row in status if row.startswith("VmHWM"))
            peaks.append(int(peak.split()[1]))
        process.stdin.close()
    assert peaks[1] - peaks[0] < 10_000  # kB; the strings of 20: 80,000


def test_without_a_compiler_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -O3")
    with pytest.raises(
        c_program.CannotBuildError, match="Expected a C compiler"
    ):
        c_program.build(tmp_path)
    monkeypatch.delenv("CC")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(c_program.CannotBuildError, match="CC=None"):
        c_program.build(tmp_path)


def test_without_the_library_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(c_program, "_LIBRARIES", ("libnone.so.2",))
    with pytest.raises(c_program.CannotBuildError, match="libnone"):
        c_program.build(tmp_path)


def test_a_compiler_that_fails_is_no_missing_compiler(tmp_path, monkeypatch):
    monkeypatch.setattr(c_program, "_SOURCE", tmp_path / "missing.c")
    with pytest.raises(RuntimeError) as caught:
        c_program.build(tmp_path)
    assert not isinstance(caught.value, c_program.CannotBuildError)
    assert "missing.c" in str(caught.value)
