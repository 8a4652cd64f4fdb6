"""A terminal with somebody who answers: runs a program on it and prints all that was shown there.

    terminal.py ANSWERS PROGRAM ARGUMENT…    ANSWERS is a JSON list, one text for each question, sent as they come

A question is text that ends as one of QUESTIONS or SECRETS does and waits; a secret is typed once the terminal hides it.
Ends with the program's exit code, 99 if it waits for more than was given, or goes on for a minute.
"""

import json
import os
import pty
import signal
import sys
import termios

QUESTIONS = ("[y/N] ", "Patterns: ")
SECRETS = ("keys: ", "again: ", ".pem`: ")


def is_hidden(terminal):
    return not termios.tcgetattr(terminal)[3] & termios.ECHO


def main(answers, program, *arguments):
    answers = json.loads(answers)
    signal.alarm(60)
    child, terminal = pty.fork()
    if child == 0:
        os.execv(program, [program, *arguments])
    shown, asked = "", 0
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece.decode(errors="replace")
        if shown[asked:].endswith(QUESTIONS + SECRETS):
            if not answers:
                os.kill(child, signal.SIGKILL)
                break
            while shown.endswith(SECRETS) and not is_hidden(terminal):
                os.sched_yield()
            asked = len(shown)
            os.write(terminal, answers.pop(0).encode())
    _, status = os.waitpid(child, 0)
    sys.stdout.write(shown.replace("\r\n", "\n"))
    sys.exit(99 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
