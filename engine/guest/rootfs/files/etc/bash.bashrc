# Every interactive bash reads this file.
[ -z "$PS1" ] && return

shopt -s checkwinsize

# Completion is 2,300 lines of shell: it is read at the first Tab after a command, not at every login.
_load_completion_at_first_use() {
  complete -r -D
  . /usr/share/bash-completion/bash_completion
  _completion_loader "$@"
}
complete -D -F _load_completion_at_first_use
