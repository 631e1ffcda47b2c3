HISTCONTROL=ignoreboth
HISTFILE=~/.bash_history
HISTSIZE=2000
HISTFILESIZE=4000
shopt -s histappend

# root@host in green, the folder in blue, and the exit code in red when the last command failed
_prompt() {
  local status=$?
  local failed=''
  ((status)) && failed="\[\e[31m\]$status\[\e[0m\] "
  PS1="$failed\[\e[32m\]\u@\h\[\e[0m\]:\[\e[34m\]\w\[\e[0m\]\\$ "
}
PROMPT_COMMAND=_prompt

# What `dircolors` prints for these kinds, without starting it at every login
LS_COLORS='di=01;34:ln=01;36:so=01;35:pi=33:ex=01;32:bd=01;33:cd=01;33:su=37;41:tw=30;42:ow=34;42:or=01;31:*.tar=01;31:*.gz=01;31:*.zst=01;31'
export LS_COLORS
alias ls='ls --color=auto'
alias ll='ls -l --color=auto'
alias la='ls -lA --color=auto'
alias grep='grep --color=auto'
alias diff='diff --color=auto'
alias ip='ip -color=auto'

export EDITOR=nano PAGER=less LESS=-FRX
