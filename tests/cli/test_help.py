"""The help: every example in it is a command line that the parser takes, and exit codes are told."""

import argparse
import shlex

import pytest

from minicnn import cli


def commands():
    """The parser, and those of all commands, by name."""
    top = cli.parser()
    inside = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return {"": top, **inside.choices}


def examples(name):
    """The command lines in a help, without the words behind them."""
    lines = [line.strip() for line in commands()[name].format_help().splitlines()]
    return [line.split("   ")[0] for line in lines if line.startswith("minicnn ")]


EXAMPLES = [line for name in commands() for line in examples(name)]


def test_every_help_has_examples_and_exit_codes():
    assert set(commands()) == {"", "train", "evaluate", "predict", "visualize", "reproduce", "summary", "count"}
    for name, parser in commands().items():
        assert len(examples(name)) >= 3, name
        for words in ("exit codes:", "0    done", "1    what the command line names", "2    the command line is wrong"):
            assert words in parser.format_help(), name


@pytest.mark.parametrize("line", EXAMPLES)
def test_example_is_a_command_line(line):
    options = cli.parser().parse_args(shlex.split(line)[1:])
    assert callable(options.run)


@pytest.mark.parametrize("name", ["", "train", "evaluate", "predict", "visualize", "reproduce", "summary", "count"])
def test_help_ends_well(name, call):
    code, out, _ = call(*filter(None, [name]), "--help")
    assert code == 0
    assert "usage: minicnn" in out


def test_version(call):
    assert call("--version")[1].startswith("minicnn ")
