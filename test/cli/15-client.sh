#!/bin/sh
# the user's configuration of the client: aliases and the names of remotes, shared with LXD's own client
. "${0%/*}/lib.sh"

LXD_CONF=$TMP/conf
LXD_GLOBAL_CONF=$TMP/global
export LXD_CONF LXD_GLOBAL_CONF
conf() { cat "$LXD_CONF/config.yml"; }
fresh() {
	mkdir -p "$LXD_CONF"
	cat >"$LXD_CONF/config.yml"
}

prints "no alias yet" "" lxc alias list -f csv
ok "looking makes no file" test ! -e "$LXD_CONF"

# ---- aliases
ok "add" lxc alias add names "list -f csv -c n"
prints "the first change makes the file, in LXD's form" "default-remote: local
remotes:
  images:
    addr: https://images.linuxcontainers.org
    protocol: simplestreams
    public: true
  local:
    addr: unix://
    public: false
aliases:
  names: list -f csv -c n" conf
fails "a second of that name" 1 'Alias names already exists' lxc alias add names x
fails "rename to itself" 1 'Alias names already exists' lxc alias rename names names
fails "rename of none" 1 "Alias nope doesn't exist" lxc alias rename nope x
fails "remove none" 1 "Alias nope doesn't exist" lxc alias remove nope
ok "init" lxc init host: c1 -c user.a=1
prints "it runs" c1 lxc names
prints "what follows is appended" c1 lxc names c1
prints "flags may stand in front" c1 lxc -q names
fails "but not a flag with its value apart" 1 'unknown command "names"' lxc --project default names
ok "two words" lxc alias add "my key" "config get @ARG2@ user.@ARG1@"
prints "arguments by number, in a word" 1 lxc my key a c1
fails "too few" 1 'Found alias "my key" references an argument outside the given number' lxc my key a
fails "half of its name" 1 'unknown command "my" for' lxc my
ok "the rest" lxc alias add get "config get @ARGS@ user.a"
prints "in the middle" 1 lxc get c1
ok "one that covers a command" lxc alias add list "list -f csv -c ns"
prints "is not expanded again" c1,STOPPED lxc list
ok "a longer one" lxc alias add "list keys" "list -f csv -c user.a"
prints "wins" 1 lxc list keys
ok "a program" lxc alias add say "/bin/echo hi @ARGS@ x"
prints "is run" "hi a b x" lxc say a b
ok "a shell" lxc alias add sh "/bin/sh -c"
prints "in which aliases are off" "1" lxc sh 'echo $LXC_ALIASES'
lxc sh 'exit 7'
same "its status is ours" 7 $?
ok "a program that is missing" lxc alias add none "/no/such @ARGS@"
fails "is named" 1 'Processing aliases failed: /no/such: no such file' lxc none
prints "LXC_ALIASES=1 turns them off" "unknown command" sh -c 'LXC_ALIASES=1 "$LXCBOX" names 2>&1 | grep -o "unknown command"'
ok "remove" lxc alias rm list
ok "rename" lxc alias mv say tell
prints "all of them" 'get,config get @ARGS@ user.a
list keys,list -f csv -c user.a
my key,config get @ARG2@ user.@ARG1@
names,list -f csv -c n
none,/no/such @ARGS@
sh,/bin/sh -c
tell,/bin/echo hi @ARGS@ x' lxc alias ls -f csv
prints "as JSON" '{"get":"config get @ARGS@ user.a"' sh -c '"$LXCBOX" alias list -f json | cut -d, -f1'
ln -s "$LXCBOX" "$TMP/names"
fails "a link is named after a command, not after an alias" 1 'unknown command "names"' "$TMP/names"

# ---- two at once
for i in 1 2 3 4 5 6 7 8; do lxc alias add "p$i" version & done
wait
same "changes at the same time are all kept" 8 "$(lxc alias list -f csv | grep -c '^p')"

# ---- remotes
fresh <<-'X'
	default-remote: local
	keep: this
	remotes:
	  foo:
	    addr: https://10.0.0.5:8443
	    auth_type: tls
	    project: default
	    protocol: lxd
	    public: false
	    newer: that
	  images:
	    addr: https://images.linuxcontainers.org
	    protocol: simplestreams
	    public: true
	  here:
	    addr: unix://
	    public: false
	aliases: {}
X
mkdir "$TMP/global"
printf 'remotes:\n  all:\n    addr: https://9.9.9.9\n' >"$TMP/global/config.yml"
prints "list" 'all,https://9.9.9.9,lxd,tls,NO,NO,YES
foo,https://10.0.0.5:8443,lxd,tls,NO,NO,NO
here,unix://,lxd,tls,NO,NO,NO
images,https://images.linuxcontainers.org,simplestreams,none,YES,NO,NO
local (current),unix://,lxd,file access,NO,YES,NO
ubuntu,https://cloud-images.ubuntu.com/releases,simplestreams,none,YES,YES,NO
ubuntu-daily,https://cloud-images.ubuntu.com/daily,simplestreams,none,YES,YES,NO' lxc remote list -f csv
prints "one with the address of this host is this host" c1 lxc list here: -f csv -c n
fails "unknown" 1 "The remote \"nope\" doesn't exist" lxc list nope:
ok "switch" lxc remote switch here
prints "get-default" here lxc remote get-default
prints "is where commands go" c1 lxc list -f csv -c n
fails "the default stays" 1 "Can't remove the default remote" lxc remote remove here
ok "rename" lxc remote rename here there
prints "the default goes along" there lxc remote get-default
fails "to one that is there" 1 'Remote ubuntu already exists' lxc remote rename foo ubuntu
fails "with a colon" 1 'colons' lxc remote rename foo a:b
fails "a static one" 1 'Remote local is static and cannot be modified' lxc remote rename local x
fails "a static one goes nowhere" 1 'Remote ubuntu is static and cannot be modified' lxc remote remove ubuntu
fails "nor elsewhere" 1 'Remote local is static and cannot be modified' lxc remote set-url local https://x
fails "one of the host's" 1 'Remote all is global' lxc remote remove all
fails "none" 1 "Remote nope doesn't exist" lxc remote switch nope
ok "set-url" lxc remote set-url foo https://10.0.0.6
ok "remove" lxc remote rm images
prints "the file: what we do not know stays" 'default-remote: there
keep: this
remotes:
  foo:
    addr: https://10.0.0.6
    auth_type: tls
    newer: that
    project: default
    protocol: lxd
    public: false
  there:
    addr: unix://
    auth_type: tls
    public: false
aliases: {}' conf
prints "LXC_REMOTE beats it" nope sh -c 'LXC_REMOTE=nope "$LXCBOX" remote get-default'
fails "and is looked up" 1 "The remote \"nope\" doesn't exist" env LXC_REMOTE=nope "$LXCBOX" list
fails "--force-local knows none of the file's" 1 "The remote \"there\" doesn't exist" lxc --force-local list there:
prints "a server of that name" "unreachable" sh -c '"$LXCBOX" version nope | sed -n "s/Server version: //p"'

# ---- projects: there is one
ok "switch" lxc project switch there:default
matches "is in the file" '^    project: default$' conf
fails "to another" 1 "Project not found" lxc project switch nope
sed 's/project: default/project: other/' "$LXD_CONF/config.yml" >"$TMP/other.yml"
cp "$TMP/other.yml" "$LXD_CONF/config.yml"
fails "a remote's project that is not here" 1 'project "other": Project not found' lxc list there:
ok "and back" lxc project switch there:default
prints "it is here" c1 lxc list there: -f csv -c n
matches "show" '^name: default$' lxc project show default
fails "show of another" 1 "Project not found" lxc project show nope
matches "the pool" '^- /1.0/profiles/default$' lxc storage show default
fails "another" 1 "Storage pool not found" lxc storage show nope

# ---- links and broken files
mv "$LXD_CONF/config.yml" "$TMP/elsewhere.yml"
ln -s ../elsewhere.yml "$LXD_CONF/config.yml"
ok "a link" lxc alias add x version
ok "stays one" test -L "$LXD_CONF/config.yml"
same "and its file is written" 1 "$(grep -c 'x: version' "$TMP/elsewhere.yml")"
rm "$LXD_CONF/config.yml"

printf 'default-remote: local\nremotes: [\n' | fresh
fails "a broken file is named, with the line" 1 'conf/config.yml: line [0-9]' lxc list
fails "also for what may be an alias" 1 'conf/config.yml: line [0-9]' lxc nosuch
fails "nothing is written to it" 1 'conf/config.yml: line [0-9]' lxc alias add x y
prints "what does not need it works" c1 lxc list local: -f csv -c n
prints "so does --force-local" c1 lxc --force-local list -f csv -c n
ok "help, too" lxc help list
printf 'remotes: 3\n' | fresh
fails "a wrong type" 1 'conf/config.yml: line 1: remotes: not a mapping' lxc remote list
: | fresh
prints "an empty one is none" c1 lxc list -f csv -c n
finish
