# bash completion for lxcbox and lxc: what fits comes from `lxcbox __complete`

_lxcbox()
{
	local cur words cword line IFS=$'\n'

	# A name may hold colons (REMOTE:NAME), which bash takes for the ends of words
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : cur words cword
	else
		cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
	fi
	COMPREPLY=()
	while read -r line; do
		case $line in
		:4) ;;
		:*) compopt -o default ;;
		*) COMPREPLY+=("${line%%$'\t'*}") ;;
		esac
	done < <("${words[0]}" __complete "${words[@]:1:cword-1}" "$cur" 2>/dev/null)
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

complete -F _lxcbox lxcbox lxc
