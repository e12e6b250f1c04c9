# Completion of the `drydock` command for bash (bash-completion 2).

# Offers the lines of standard input that begin with what was typed. Not by
# compgen -W, which would run a file's name that looks like $(command).
_drydock_offer()
{
	local line typed=${cur//\\/}
	typed=${typed#[\"\']}
	COMPREPLY=()
	while IFS= read -r line; do
		[[ $line == "$typed"* ]] && COMPREPLY+=("$line")
	done
}

# The names of running instances: each has a directory of its own.
_drydock_instances()
{
	local directory
	for directory in "${XDG_RUNTIME_DIR:-/run}/drydock" /run/drydock "/tmp/drydock-$UID"; do
		[ -d "$directory" ] && ls -- "$directory"
	done 2>/dev/null | sort -u
}

# The servers of the instance that the line so far names.
_drydock_servers()
{
	"$1" ps "${@:2}" 2>/dev/null | awk 'NR > 1 && $1 != "-" && $2 != "kernel" { print $2 }'
}

# Paths in the instance's file system; directories end in a slash.
_drydock_paths()
{
	local typed=${2//\\/}
	typed=${typed#[\"\']}
	local directory=${typed%/*}/
	[ "$directory" = "$typed/" ] && directory=/
	# Seven columns come before the name, which may hold blanks.
	"$1" fs ls -l "$directory" "${@:3}" 2>/dev/null |
		awk -v directory="$directory" '{
			name = $0
			for (column = 0; column < 7; column++)
				sub(/^[^ ]+ +/, "", name)
			sub(/ -> .*/, "", name)
			print directory name (/^d/ ? "/" : "")
		}'
}

_drydock()
{
	local cur prev words cword
	_init_completion || return

	local commands="run stop restart nice ps ports lanes log mount umount fs net exec sh gdb bench doctor"
	local files="ls cat put get mkdir rm mv stat df"
	local index command= subcommand= operands=0 options="--name --help --usage" instance=()

	for ((index = 1; index < cword; index++)); do
		case ${words[index]} in
		--name)
			instance=(--name "${words[index + 1]}")
			((index++))
			;;
		--manifest | --mount | --cpus | --sched | --gdb | --wrap | --tap | --ip | --gateway | --mtu | --pcap | --disk | -n | --lines | -c | --command | --rounds | --time | --files | --only | -o | --options | -p | --priority | -s | --slice)
			((index++))
			;;
		--)
			# What follows is gdb's.
			[ "$command" = gdb ] && return
			;;
		-*) ;;
		*)
			if [ -z "$command" ]; then
				command=${words[index]}
			elif [ "$command" = fs ] && [ -z "$subcommand" ]; then
				subcommand=${words[index]}
			else
				((operands++))
			fi
			;;
		esac
	done

	case $prev in
	--name)
		_drydock_offer < <(_drydock_instances)
		return
		;;
	--manifest | --pcap)
		_filedir
		return
		;;
	--mount)
		_filedir -d
		[[ auto == "$cur"* ]] && COMPREPLY+=(auto)
		return
		;;
	--gdb | --wrap)
		mapfile -t COMPREPLY < <(compgen -W "init log netstack scheduler vfs" -- "$cur")
		return
		;;
	--sched)
		mapfile -t COMPREPLY < <(compgen -W "linux server" -- "$cur")
		return
		;;
	--tap)
		COMPREPLY=()
		[[ auto == "$cur"* ]] && COMPREPLY+=(auto)
		return
		;;
	--cpus | --ip | --gateway | --mtu | -n | --lines | -c | --command | --rounds | --time | --files | -p | --priority | -s | --slice)
		return
		;;
	esac

	if [ -z "$command" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version --usage" -- "$cur")
		return
	fi
	case $command in
	run) options+=" --detach --manifest --mount --options --cpus --sched --gdb --wrap --tap --ip --gateway --mtu --pcap --no-offload --netns --disk --no-io-uring" ;;
	mount) options+=" --options" ;;
	nice) options+=" --priority --slice" ;;
	ps | ports | lanes | doctor) options+=" --json" ;;
	log) options+=" --follow --lines --json" ;;
	sh) options+=" --command" ;;
	bench) options+=" --rounds --time --files --only --json" ;;
	fs)
		case $subcommand in
		ls) options+=" -l" ;;
		rm) options+=" -r" ;;
		esac
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi

	case $command in
	restart | nice | gdb)
		[ "$operands" -eq 0 ] &&
			_drydock_offer < <(_drydock_servers "$1" "${instance[@]}")
		;;
	mount | umount)
		_filedir -d
		;;
	net)
		mapfile -t COMPREPLY < <(compgen -W "status" -- "$cur")
		;;
	bench)
		mapfile -t COMPREPLY < <(compgen -W "ipc boot files vfs net" -- "$cur")
		;;
	fs)
		if [ -z "$subcommand" ]; then
			mapfile -t COMPREPLY < <(compgen -W "$files" -- "$cur")
		elif [ "$subcommand$operands" = put0 ] || [ "$subcommand$operands" = get1 ]; then
			_filedir
		else
			_drydock_offer < <(_drydock_paths "$1" "$cur" "${instance[@]}")
			compopt -o filenames -o nospace
		fi
		;;
	esac
} && complete -F _drydock drydock
