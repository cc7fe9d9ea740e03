# Completion of skytwin's command line, for bash.

_skytwin_names() { # _skytwin_names PROGRAM TOPIC
    # The program knows them; before it is on the path, none are offered.
    "$1" list "$2" --json 2>/dev/null | grep -oE '"name": *"[^"]*"' | sed 's/.*: *"//; s/"$//'
}

_skytwin() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-}
    local commands='run compare resume branch sweep merge show traces plot check import list help' words='' files='' head=''
    COMPREPLY=()

    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --version --help" -- "$current")
        return
    fi
    case $previous in
    --strategy | --strategies)
        # Of a list, the last name is completed, or its queue.
        head=${current%"${current##*[,+]}"}
        words=strategies
        [ "${head%+}" = "$head" ] || words=queues
        mapfile -t COMPREPLY < <(compgen -P "$head" -W "$(_skytwin_names "${COMP_WORDS[0]}" "$words")" -- "${current##*[,+]}")
        return
        ;;
    --seed | --replications | --shard | --threads | --run | --set | --at | --checkpoint-every) return ;;
    --scenario) files='cfg' ;;
    -o | --output) files='*' ;;
    esac
    if [ -z "$files" ]; then
        case $command in
        run)
            words='--strategy --seed --set --output --checkpoint-every --threads --json --profile --help' files='cfg'
            ;;
        compare)
            words='--strategies --replications --seed --set --output --checkpoint-every --threads --json --help' files='cfg'
            ;;
        resume) words='--threads --json --help' files='incomplete' ;;
        branch)
            words='--at --set --strategy --run --output --checkpoint-every --threads --json --help' files='h5'
            ;;
        sweep)
            words='--strategies --replications --seed --set --output --threads --shard --json --help' files='cfg'
            ;;
        merge) words='--output --json --help' files='h5' ;;
        show) words='--run --verify --json --help' files='h5' ;;
        traces) words='--output --run --help' files='h5' ;;
        plot) words='--output --help' files='h5' ;;
        check) words='--set --help' files='cfg' ;;
        import)
            if [ "$COMP_CWORD" -eq 2 ]; then
                words='spot-json spot-json-available price-csv job-csv job-csv-seconds openb-nodes openb-tasks
                    swf gavel-trace kubernetes-json skytwin'
            else
                words='--output --help' files='*'
            fi
            ;;
        list) words='strategies queues scaling serving regions machines markets links tiers formats --scenario --json --help' ;;
        help) words=$commands ;;
        esac
    fi
    if [ -n "$words" ] && { [ -z "$files" ] || [ "${current:0:1}" = - ]; }; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        return
    fi
    compopt -o filenames 2>/dev/null
    if [ "$files" = '*' ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -d -- "$current"; compgen -f -X "!*.$files" -- "$current")
    fi
}

complete -F _skytwin skytwin
