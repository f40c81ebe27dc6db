#compdef @PROGRAM@
# zsh completion for @PROGRAM@
# SPDX-License-Identifier: LGPL-2.1-or-later

_@NAME@_rows() {
@ROWS@
}

# A row of the tables: into the variables of _@NAME@.
_@NAME@_row() {
  local spec argument again=
  if [[ $1 == command ]]; then subcommands+=("$3:$6"); fi
  if [[ $2 != "$command" ]]; then return; fi
  case $1 in
    operand) operand=$4 ;;
    verb)
      verbs+=("$3:$6")
      takes[$3]="$4 $5"
      ;;
    option)
      spec=$3
      if [[ $7 == many ]]; then again='*'; fi
      if [[ $3 == --* && $4 == (dir|file|text) ]]; then spec+='='; fi
      spec+="[${${6//\[/\\[}//\]/\\]}]"
      for argument in ${=4}; do spec+=":$argument: _@NAME@_value $argument $5"; done
      specs+=("$again$spec")
      ;;
  esac
}

# _@NAME@_value KIND WORD...: what may stand there, and values that have a name
_@NAME@_value() {
  local kind=$1
  local -a ways ids
  shift
  if (( $# )); then ways+=("words:word:($*)"); fi
  case $kind in
    dir) ways+=('directories:directory:_files -/') ;;
    file) ways+=('files:file:_files') ;;
    payload | program) ways+=('commands:program:_command_names -e' 'files:file:_files') ;;
    id)
      ids=(${${(f)"$(_call_program ids $program $command list 2>/dev/null)"}%% *})
      if (( $#ids )); then
        compadd -a ids
        return
      fi
      ;;
  esac
  if (( $#ways )); then _alternative $ways; else _message $kind; fi
}

_@NAME@_verb() {
  _describe verb verbs
}

_@NAME@_of_verb() {
  _@NAME@_value ${=takes[$words[2]]:-nothing}
}

_@NAME@() {
  local command= operand= program=$words[1]
  local curcontext=$curcontext context state state_descr line ret=1
  local -a subcommands specs verbs
  local -A opt_args takes

  _@NAME@_rows
  if (( $#subcommands )); then
    _arguments -C -S -A '-*' $specs '1: :->command' '*:: :->words' && ret=0
    if [[ $state == command ]]; then
      _describe command subcommands && ret=0
      return ret
    fi
    if [[ $state != words ]]; then return ret; fi
    command=$words[1] subcommands=() specs=()
    _@NAME@_rows
  fi
  case $operand in
    payload) _arguments -S -A '-*' $specs "1:program: _@NAME@_value payload" '*:argument:_files' ;;
    program) _arguments -S $specs "1:program: _@NAME@_value program" ;;
    file) _arguments -S $specs '*:file:_files' ;;
    command) _arguments -S $specs '1: : _describe command subcommands' ;;
    verb) _arguments -S $specs "1: : _@NAME@_verb" "*: : _@NAME@_of_verb" ;;
    *) _arguments -S $specs ;;
  esac
}

_@NAME@ "$@"
