#!/usr/bin/python3
"""complete_in.py SHELL FOLDER - what a real shell (bash, zsh, fish) offers for each command line of standard input.

Works in FOLDER, with the completion script that the kubeadm in PATH prints. Bash and zsh are typed to through a
terminal, a tab behind each line; fish is asked by its own `complete -C`. Prints per line: the line, a tab, and the
offered words with blanks between; what the tab made of the line's last word is one of them.
"""
import fcntl, os, pty, re, select, struct, subprocess, sys, termios, time

LIMIT = 5  # seconds for one answer of a shell
SETUP = {
    "bash": r"""
source <(kubeadm completion bash)
spy() { __start_kubeadm "$@"; printf '%s\n' "${COMPREPLY[@]}" >>$SPY; }
complete -o default -F spy kubeadm
""",
    "zsh": r"""
bindkey -e; LISTMAX=10000; setopt no_beep; unsetopt prompt_sp
autoload -Uz compinit; compinit -u -D
source <(kubeadm completion zsh)
compadd() {
    local -a hits
    [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] || { builtin compadd -A hits "$@"; printf '%s\n' $hits >>$SPY; }
    builtin compadd "$@"
}
""",
}
ARGV = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}


class Terminal:
    def __init__(self, shell, folder):
        self.spy = os.path.join(folder, ".spy")
        env = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm", "PS1": ">", "LANG": "C.UTF-8", "SPY": self.spy}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(ARGV[shell][0], ARGV[shell], env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 1000, 0, 0))
        setup = os.path.join(folder, ".setup")
        with open(setup, "w") as f:
            f.write(SETUP[shell])
        self.type(f"source {setup}; echo READ''Y\n")
        self.until(r"READY")

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern):
        seen, end = "", time.monotonic() + LIMIT
        while not re.search(pattern, seen):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"no {pattern} in {seen!r}")
            seen += os.read(self.fd, 65536).decode(errors="replace")
        return re.search(pattern, seen)

    def ask(self, line):
        """Types the line and a tab, then makes the line an argument of printf to see what became of it."""
        open(self.spy, "w").close()
        self.type(line + "\t")
        self.type('\x01printf "NOW%s\\n" "\x05"\n')
        became = self.until(r"NOW(kubeadm[^\r\n]*)\r?\n").group(1)
        with open(self.spy) as f:
            words = [w for w in f.read().split("\n") if w]
        last = re.split(r"[ =]", became.strip())[-1]
        if became.strip() != line.strip() and last not in words:
            words.append(last)
        return words

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def fish(lines, folder):
    script = 'kubeadm completion fish | source; for l in $argv; echo "== $l"; complete -C "$l"; end'
    env = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder)
    out = subprocess.run(["fish", "-N", "-c", script, *lines], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, text=True, timeout=60).stdout
    answers = []
    for row in out.split("\n"):
        if row.startswith("== "):
            answers.append([])
        elif row:
            answers[-1].append(re.sub(r"^--[^=]*=", "", row.split("\t")[0]))
    return answers


def main():
    shell, folder = sys.argv[1:]
    lines = [line.rstrip("\n") for line in sys.stdin]
    if shell == "fish":
        answers = fish(lines, folder)
    else:
        terminal = Terminal(shell, folder)
        answers = [terminal.ask(line) for line in lines]
        terminal.close()
    for line, words in zip(lines, answers):
        print(line, " ".join(words), sep="\t")


main()
