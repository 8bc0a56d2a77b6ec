import subprocess

import numpy as np
import pytest

from export import c_program

one_network = pytest.mark.parametrize("network", ["MemN2N"], indirect=True)


INPUTS = {
    "story": np.array([[b"John went to the garden", b""]], object),
    "question": np.array([b"Where is John?"], object),
}


@one_network
def test_a_request_is_a_line_for_every_input(program, saved_model):
    ran = subprocess.run(
        c_program.command(program, saved_model),
        input="question\t1\tWhere is John?\n"
        "story\t1,2\tJohn went to the garden\t\n\n"
        "story\t2,0\nquestion\t2\tWho?\t\n\n",
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    first, second, rest = ran.stdout.split("\n\n")
    assert rest == ""
    shapes = [
        {line.split("\t")[0]: line.split("\t")[1] for line in reply.split("\n")}
        for reply in (first, second)
    ]
    hops = shapes[0]["support"].removeprefix("1,")
    assert shapes == [
        {
            "answer": f"{batch}",
            "answers": f"{batch},5",
            "attention": f"{batch},{hops},{sentences}",
            "score": f"{batch}",
            "scores": f"{batch},5",
            "support": f"{batch},{hops}",
        }
        for batch, sentences in ((1, 2), (2, 0))
    ]


@one_network
def test_a_reply_of_one_signature_is_a_request_to_another(program, saved_model):
    story = {"story": INPUTS["story"]}
    (memory,) = c_program.replies(program, saved_model, [story], "encode")
    assert {name: value.dtype for name, value in memory.items()} == {
        "slots": np.float32,
        "mask": np.bool_,
        "time": np.int32,
        "sentence": np.int32,
    }
    (received,) = c_program.replies(
        program, saved_model, [{**memory, **INPUTS}], "respond"
    )
    (expected,) = c_program.replies(program, saved_model, [INPUTS])
    assert received.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(received[name], value)


@one_network
def test_it_can_time_itself(program, saved_model):
    (timed,) = c_program.replies(
        program, saved_model, [INPUTS], options=["repeat=10"]
    )
    assert 0 < timed.pop("microseconds") < 1e6
    (expected,) = c_program.replies(program, saved_model, [INPUTS])
    assert timed.keys() == expected.keys()


@one_network
@pytest.mark.parametrize("text", [b"a\tb", b"a\nb"])
def test_what_would_break_a_line_is_an_error(program, saved_model, text):
    inputs = {**INPUTS, "question": np.array([text], object)}
    with pytest.raises(ValueError, match="without tabs and line ends"):
        c_program.replies(program, saved_model, [inputs])


@one_network
def test_a_signature_that_is_not_there_is_an_error(program, saved_model):
    with pytest.raises(ValueError, match="encode.*Received: 'reply'"):
        c_program.command(program, saved_model, "reply")


@one_network
@pytest.mark.parametrize(
    "lines, message",
    [
        ("\n", "missing input: "),
        ("story\n", "expected a name, a shape and values in story"),
        ("plot\t1\ta\n", "no input is called plot"),
        ("question\t1\ta\tb\n", "as many values as its shape has in quest"),
        ("question\t-1\n", "expected a shape such as 1,2 in question"),
        ("question\t1x2\ta\tb\n", "expected a shape such as 1,2 in quest"),
        ("question\t1\ta\nquestion\t1\ta\n", "given twice: question"),
        ("question\t1\ta\nstory\t1\ta\n\n", "{{node "),
    ],
)
def test_wrong_requests_are_named(program, saved_model, lines, message):
    ran = subprocess.run(
        c_program.command(program, saved_model),
        input=lines,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert message in ran.stderr


@one_network
@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "answer [library=PATH] [repeat=N] FOLDER"),
        (["no-folder"], "Could not find SavedModel"),
        (["library=no-library.so", "MODEL"], "no-library.so"),
        (["MODEL"], "missing arguments: outputs"),
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
def test_its_memory_does_not_grow(program, saved_model):
    """The strings of requests and replies are freed."""
    command = c_program.command(program, saved_model)
    sentence = b"John went " * 100_000
    request = b"story\t1,1\t" + sentence + b"\nquestion\t1\tWho?\n\n"
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    peaks = []
    with process:
        for count in (10, 20):
            for _ in range(count):
                process.stdin.write(request)
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
