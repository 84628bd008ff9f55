#!/bin/sh
# words, columns, filters, keys and empty values: the corners, as LXD's client has them
. "${0%/*}/lib.sh"

for n in c1 c2; do ok "init $n" lxc init host: $n; done
ok "a key" lxc config set c2 user.a=b

# ---- list
prints "K= finds those without" c1 lxc list -f csv -c n user.a=
prints "K=V those with" c2 lxc list -f csv -c n user.a=b
prints "--all-projects leaves given columns alone" c1 lxc list --all-projects -f csv -c n c1
matches "but adds to the default ones" '^default,c1,' lxc list --all-projects -f csv c1
prints "an empty header, with a width" "+------+---+
| NAME |   |
+------+---+
| c2   | b |
+------+---+" lxc list c2 -c n,user.a::2
fails "a width below -1" 1 "Invalid max width \(must -1, 0 or a positive integer\) '-2'" lxc list -c user.a:X:-2
prints "YAML has lists where JSON has null" "  backups: []
  state: null
  snapshots: []" sh -c '"$LXCBOX" list c1 -c n -f yaml | grep -E "backups|state:|snapshots"'
prints "an empty project is none" c1 lxc --project= list -f csv -c n c1
fails "an unknown remote in front of filters" 1 'The remote "nope" doesn.t exist' lxc image list nope:
fails "of aliases, too" 1 'The remote "nope" doesn.t exist' lxc image alias list nope:
fails "no column" 1 "Empty column entry" lxc image list -c ''
matches "help of a command with a word too much" '^  lxcbox list ' lxc help list bogus

# ---- empty values
ok "given at birth" lxc init host: c3 -c user.e= -c environment.E=
ok "and by a document" sh -c 'printf "config:\n  user.e: \"\"\n  user.f: g\n" | "$LXCBOX" init host: c4'
for n in c3 c4; do prints "are not kept ($n)" 0 sh -c '"$LXCBOX" config show '$n' | grep -cE " (user|environment)[.][eE]:" || :'; done
prints "the others are" g lxc config get c4 user.f
ok "set to nothing" lxc config set c4 user.f=
fails "is unset" 1 "Can't unset key 'user.f', it's not currently set" lxc config unset c4 user.f
fails "an unknown key is one whatever the value" 1 'Unknown configuration key: bogus' lxc config set c4 bogus=
ok "a profile" lxc profile create p
prints "neither are they by a profile's document" "config: {}" sh -c 'printf "config:\n  user.e: \"\"\n" | "$LXCBOX" profile edit p && "$LXCBOX" profile show p | head -1'
fails "unset of what no profile can have" 1 'Unknown configuration key: bogus' lxc profile unset p bogus
ok "unset of what it has not" lxc profile unset p limits.cpu
fails "--expanded is for instances" 1 'expanded cannot be used with a server' lxc config show -e

# ---- keys that only we write
base=$(lxc config get c1 volatile.idmap.base)
fails "the range of ids is not the user's" 1 "volatile.idmap.base can't be changed" lxc config set c1 volatile.idmap.base=7
fails "nor can it be taken away" 1 "volatile.idmap.base can't be changed" lxc config unset c1 volatile.idmap.base
fails "nor how the files lie" 1 "volatile.lxcbox.shifted can't be changed" lxc config set c1 volatile.lxcbox.shifted=7
prints "it is as it was" "$base" lxc config get c1 volatile.idmap.base
ok "a whole record makes another instance" sh -c '"$LXCBOX" config show c1 | "$LXCBOX" init host: c5'
ok "with a range of its own" test "$base" != "$(lxc config get c5 volatile.idmap.base)"
ok "other volatile keys can be unset" lxc config set c1 volatile.uuid=11111111-1111-4111-8111-111111111111
ok "really" lxc config unset c1 volatile.uuid
prints "it is gone" "" lxc config get c1 volatile.uuid

# ---- devices and profiles
for edit in "config edit c1" "profile edit p"; do
	fails "$edit: a type that is none" 1 'Device validation failed for "x": Failed loading device "x": Unsupported device type' \
		sh -c 'printf "devices:\n  x:\n    type: bogus\n" | "$LXCBOX" '"$edit"
	fails "$edit: a name that is none" 1 'Device validation failed for "a b": Name can only contain' \
		sh -c 'printf "devices:\n  a b:\n    type: none\n" | "$LXCBOX" '"$edit"
done
ok "--storage" lxc init host: c6 -s default
prints "makes the root the instance's own" root lxc config device list c6
fails "a profile that is missing" 1 'Profile not found: nope' lxc profile add c1 nope
fails "among others" 1 'Profile not found: nope' lxc profile assign c1 default,nope
fails "and one without a name" 1 '' lxc profile assign c1 default,
matches "nothing was changed" '^- default$' lxc config show c1
prints "blanks are not meant" "Profiles default, p applied to c1" lxc profile assign c1 "default, p"
prints "none at all" "Profiles (none) applied to c1" lxc profile assign c1 ''
finish
