# fish completion for @PROGRAM@
# SPDX-License-Identifier: LGPL-2.1-or-later

# The tables, a row an element, its fields with a tab between.
set -g _@NAME@_table

function _@NAME@_row
    set -ga _@NAME@_table (string join \t -- $argv)
end

@ROWS@

# _@NAME@_rows KIND COMMAND: the rows
function _@NAME@_rows
    string match -- $argv[1]\t$argv[2]\t'*' $_@NAME@_table
end

# The words of rows, each with what it does.
function _@NAME@_offer
    for row in $argv
        set -l field (string split \t -- $row)
        printf '%s\t%s\n' $field[3] $field[6]
    end
end

# _@NAME@_value CURRENT KIND WORDS COMMAND: what may be made of CURRENT, and values that have a name
function _@NAME@_value
    set -l current $argv[1]
    set -e argv[1]
    string split -n ' ' -- $argv[2]
    switch $argv[1]
        case dir
            __fish_complete_directories "$current" ''
        case file words
            __fish_complete_path "$current" ''
        case payload program
            complete --do-complete="$current"
        case command
            _@NAME@_offer (_@NAME@_rows command '')
        case verb
            _@NAME@_offer (_@NAME@_rows verb $argv[3])
        case id
            set -l program (commandline -opc)[1]
            $program $argv[3] list 2>/dev/null | string replace -r ' .*' ''
    end
end

function _@NAME@_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l command ''
    if set -q words[1]; and string match -q command\* -- $_@NAME@_table
        set command $words[1]
        set -e words[1]
    else if string match -q command\* -- $_@NAME@_table
        _@NAME@_offer (_@NAME@_rows command '') (_@NAME@_rows option '')
        return
    end

    set -l options (_@NAME@_rows option $command)
    set -l operand (string split \t -- (_@NAME@_rows operand $command))[4]
    set -l pending # the arguments that an option still wants
    set -l named ''
    set -l verb
    set -l used
    set -l seen 0
    set -l may yes # may an option stand here?
    for word in $words
        if set -q pending[1]
            set -e pending[1]
        else if test $may = no
            set seen (math $seen + 1)
        else if test "$word" = --
            set may no
        else if string match -q -- '-?*' $word
            set -l name (string split -m 1 = -- $word)
            set -l row (string split \t -- (string match -- '*'\t$name[1]\t'*' $options))
            set -q row[7]; and test $row[7] != many; and set -a used $name[1]
            if not set -q name[2]; and set -q row[4]
                set pending (string split -n ' ' -- $row[4])
                set named $row[5]
            end
        else
            set seen (math $seen + 1)
            test "$operand" = payload; and set may no
            test "$operand" = verb; and not set -q verb[1]; and set verb $word
        end
    end

    set -l current (commandline -ct)
    set -l parts (string split -m 1 = -- "$current")
    if set -q pending[1]
        _@NAME@_value "$current" $pending[1] "$named" $command
        return
    else if test $may = yes; and set -q parts[2]; and string match -q -- '--*' $parts[1]
        set -l row (string split \t -- (string match -- '*'\t$parts[1]\t'*' $options))
        set -q row[4]; and _@NAME@_value "$parts[2]" "$row[4]" "$row[5]" $command | string replace -r -- '^' $parts[1]=
        return
    end
    if test $may = yes; and string match -qr -- '^-' "$current"
        or test -z "$operand$current"
        for row in $options
            contains -- (string split \t -- $row)[3] $used; or _@NAME@_offer $row
        end
    else if set -q verb[1]
        set -l row (string split \t -- (string match -- '*'\t$verb\t'*' (_@NAME@_rows verb $command)))
        set -q row[5]; and _@NAME@_value "$current" "$row[4]" "$row[5]" $command
    else if test $seen -eq 0; or test "$operand" = file
        _@NAME@_value "$current" "$operand" '' $command
    else if test "$operand" = payload
        _@NAME@_value "$current" words '' $command
    end
end

complete -c @PROGRAM@ -f -a '(_@NAME@_complete)'
