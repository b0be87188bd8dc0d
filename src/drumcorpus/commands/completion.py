"""``python -m drumcorpus completion``: what completes the commands in a shell."""

import argparse
import importlib

USAGE = """\
Print what completes the commands and their options in bash or zsh, after the
parsers as they are. Put the line into ~/.bashrc or ~/.zshrc.

example:
  python -m drumcorpus completion bash
  eval "$(drumcorpus completion bash)"
"""
BASH = """\
_drumcorpus() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{commands} --help --version"
  else
    case "$command" in
{cases}
    esac
  fi
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
      else
        COMPREPLY=($(compgen -f -- "$word"))
        compopt -o filenames 2>/dev/null
      fi ;;
  esac
}}
complete -F _drumcorpus drumcorpus
"""
ZSH_HEAD = """\
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit; }}
_drumcorpus() {{
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
{commands}
    )
    _describe command commands
    return
  fi
  case "$words[2]" in
{cases}
  esac
  _files
}}
compdef _drumcorpus drumcorpus
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="the shell")


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from drumcorpus.__main__ import COMMANDS

    options = {name: options_of(name) for name in COMMANDS}
    if arguments.shell == "bash":
        cases = "\n".join(f'      {n}) words="{" ".join(w)}" ;;' for n, w in options.items())
        print(BASH.format(commands=" ".join(COMMANDS), cases=cases), end="")
        return 0
    listed = "\n".join(f"      {_zsh(f'{name}:{says}')}" for name, says in COMMANDS.items())
    cases = "\n".join(
        f'    {name}) [[ "$PREFIX" == -* ]] && compadd -- {" ".join(words)} ;;'
        for name, words in options.items()
    )
    print(ZSH_HEAD.format(commands=listed, cases=cases), end="")
    return 0


def options_of(command: str) -> list[str]:
    """The long options of a command, in order."""
    parser = argparse.ArgumentParser()
    module = importlib.import_module(f"drumcorpus.commands.{command.replace('-', '_')}")
    module.add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings}
    return sorted(option for option in options if option.startswith("--"))


def _zsh(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
