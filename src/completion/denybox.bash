# bash completion for @PROGRAM@                                         -*- shell-script -*-
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

_@NAME@_rows() {
@ROWS@
}

# A row of the tables: into the variables of _@NAME@.
_@NAME@_row() {
  if [[ $1 == command ]]; then commands+=("$3"); fi
  if [[ $2 != "$command" ]]; then return; fi
  case $1 in
    operand) operand=$4 ;;
    verb) verbs+=("$3") takes[$3]=$4 named[$3]=$5 ;;
    option) options+=("$3") takes[$3]=$4 named[$3]=$5 many[$3]=$7 ;;
  esac
}

# The words before the cursor, and $cur. Readline has taken them apart at "=" and ":".
_@NAME@_words() {
  local i word
  words=() cur=
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i == COMP_CWORD)) && [[ $word != [=:] ]]; then cur=$word; fi
    if [[ $word == '=' && ${words[-1]:-} == --* ]]; then continue; fi
    if ((i < COMP_CWORD)); then words+=("$word"); fi
  done
}

# Goes through the words: what is wanted at the cursor into $want, whose named values these are into
# $by, and whether an option may stand there into $may.
_@NAME@_walk() {
  local word seen=0 pending=()
  want=$operand by='' used=' ' may=1
  for word in "$@"; do
    if ((${#pending[@]})); then
      pending=("${pending[@]:1}")
    elif [[ -z $may ]]; then
      seen=$((seen + 1))
    elif [[ $word == -- ]]; then
      may=''
    elif [[ $word == -?* ]]; then
      by=${word%%=*} used+="${word%%=*} "
      if [[ $word != *=* ]]; then read -r -a pending <<<"${takes[$word]:-}"; fi
    else
      seen=$((seen + 1))
      if [[ $operand == payload ]]; then may=''; fi
      if [[ $operand == verb && -z $verb ]]; then verb=$word; fi
    fi
  done
  if ((${#pending[@]})); then
    want=${pending[0]} may=''
  elif [[ -n $verb ]]; then
    want=${takes[$verb]:-} by=$verb
  else
    by=''
    if ((seen)) && [[ $operand == payload ]]; then want=words; fi
    if ((seen)) && [[ $operand == program || $operand == command ]]; then want=''; fi
  fi
}

_@NAME@_offer() {
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$@" -- "$cur")
}

_@NAME@_files() {
  compopt -o filenames 2>/dev/null
  _@NAME@_offer "$@"
}

# The ids of what is in the cache. Readline counts a colon as the beginning of a word.
_@NAME@_ids() {
  local id rest ids=()
  while read -r id rest; do ids+=("${id#"$1"}"); done < <("${COMP_WORDS[0]}" "$command" list 2>/dev/null)
  _@NAME@_offer -W "${ids[*]}"
}

_@NAME@_value() {
  if [[ -n $by && -n ${named[$by]:-} ]]; then _@NAME@_offer -W "${named[$by]}"; fi
  case $want in
    dir) _@NAME@_files -d ;;
    file | words) _@NAME@_files -f ;;
    payload | program)
      if [[ $cur != */* ]]; then _@NAME@_offer -c; fi
      _@NAME@_files -f
      ;;
    command) _@NAME@_offer -W "${commands[*]}" ;;
    verb) _@NAME@_offer -W "${verbs[*]}" ;;
    id)
      if ((COMP_CWORD > 0)) && [[ ${COMP_WORDS[COMP_CWORD]} == : || ${COMP_WORDS[COMP_CWORD - 1]} == : ]]; then
        _@NAME@_ids sha256:
      else
        _@NAME@_ids ''
      fi
      ;;
  esac
}

_@NAME@() {
  local command='' operand='' verb='' want by used may cur option
  local words=() commands=() verbs=() options=()
  local -A takes=() named=() many=()

  COMPREPLY=()
  _@NAME@_words
  _@NAME@_rows
  if ((${#commands[@]})); then
    if ((${#words[@]} == 0)); then
      _@NAME@_offer -W "${commands[*]} ${options[*]}"
      return
    fi
    command=${words[0]} words=("${words[@]:1}")
    commands=() options=() takes=() named=() many=()
    _@NAME@_rows
  fi
  _@NAME@_walk "${words[@]}"
  if [[ -n $may && ($cur == -* || -z $want) ]]; then
    for option in "${options[@]}"; do
      if [[ $option == "$cur"* && (-n ${many[$option]} || $used != *" $option "*) ]]; then
        COMPREPLY+=("$option")
      fi
    done
  else
    _@NAME@_value
  fi
}

complete -F _@NAME@ @PROGRAM@
