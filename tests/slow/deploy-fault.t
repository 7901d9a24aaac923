#!/bin/sh
# host-deploy: power and cables lost, the server and itself killed, images that are not what they were, scripts that fail
# time limit: 1200
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"
. "$top/tests/helpers/deploy.sh"

boot_lab m1:disk=2G m2:disk=2G m3:disk=2G
lab metal-image mini raw mini.raw || exit
lab adm imglib add mini mini.raw >/dev/null || exit
profile plain 'image = mini'
rows m1 m2 >two

start() { # ROWS PROFILE ARG...
	deploy "$@" >deployed 2>deployed.err &
	client=$!
}
ended() {
	wait $client
	client_status=$?
	is "$client_status $(cell result deployed | sort | paste -sd ' ')" "$1" "$2"
	diag "$(cell seconds deployed | paste -sd ' ') s"
	test "$(cell error deployed | tr -d '\n')" = '' || diag "$(cell error deployed)"
	unlike "$(cat deployed.err)" . 'and nothing else is said'
}
whole_disk() {
	within 30 is_off "$1" || diag "$1 is not off"
	ok "$2" cmp -n "$(stat -c %s mini.raw)" mini.raw "$(lab machine-disk "$1")"
}

# ---- power and cable ----
start two plain --until image
exits 0 'a disk is being written' within 180 writing m1 20000000
lab machine-power m1 off
exits 0 'another too' within 60 writing m2 20000000
lab machine-link m2 down
sleep 10
lab machine-link m2 up
ended '0 done done' 'a machine without power, and one without its cable for 10 s'
like "$(story m1)" ' 6 image: image: its power is off; start 2 of 3' 'the first was started again'
is "$(story m2 | grep -c ' 2 boot: switched on')" 1 'the second went on'
whole_disk m1 'the first has its image'
whole_disk m2 'the second too'

# ---- server and host-deploy ----
start two plain --until image --wipe m1 --wipe m2
exits 0 'disks are being written' within 180 writing m1 20000000
serve_end KILL
kill -KILL "$(process host-deploy "$tmp/id")"
wait $client
like "$(fsck -n 2>&1)" '^deploy' 'what was killed is known'
serve
start two plain --until image --wipe m1 --wipe m2 --resume
ended '0 done done' 'the server and host-deploy were killed: --resume'
like "$(story m1)" 'going on with what is under way' 'what went on by itself was followed'
whole_disk m1 'the image is there'
whole_disk m2 'on both'
is "$(fsck -n 2>&1)" '' 'nothing is left to mend'

# ---- images that are not what they were ----
lab disk-image raw small.raw || exit
for n in 1 2 3; do
	cp small.raw small$n.raw
	truncate -s "+${n}M" small$n.raw
	lab adm imglib add small$n small$n.raw >/dev/null || exit
	profile small$n "image = small$n"
	rows m$n >row$n
	deploy row$n small$n --until image --retries 0 --wipe m$n >bad$n 2>bad$n.err &
	eval "bad$n=\$!"
done
data() { # N: the file that the server sends of small N
	echo "$VMM_BOOT/images/$(sha256sum <small"$1".raw | cut -d ' ' -f 1)/data"
}
for n in 1 2 3; do within 60 test -e "$(data $n)"; done
perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, 3000000, 0; read $f, my $b, 1; seek $f, 3000000, 0; print $f $b ^ "\x10"' "$(data 1)"
truncate -s 4000000 "$(data 2)"
printf '<html><body><h1>502 Bad Gateway</h1></body></html>\n' >"$(data 3)"
for n in 1 2 3; do
	eval "wait \$bad$n"
	bad_status=$?
	case $n in 1) what='a flipped bit' ;; 2) what='cut off' ;; 3) what='an error page' ;; esac
	is "$bad_status $(cell stage bad$n) $(cell result bad$n)" '1 image failed' "an image with $what: the machine fails"
	diag "$(cell error bad$n)"
	like "$(cell error bad$n)" '^image: ' 'and says why'
	lab machine-power m$n off
	is "$(wipefs --noheadings "$(lab machine-disk m$n)")" '' 'its disk does not look like one with a system'
done

# ---- scripts ----
cat >check.sh <<-'EOF2'
	echo "looking for the controller of $(cat /sys/class/dmi/id/product_serial)"
	case $(cat /sys/class/dmi/id/product_serial) in *002) echo 'no such controller' >&2 && exit 3 ;; esac
EOF2
lab adm imglib add -k script check check.sh >/dev/null
lab adm imglib add small small.raw >/dev/null
profile scripted 'image = small' '[script check] file = check; when = raid'
start two scripted --until image --wipe m1 --wipe m2
ended '3 done failed' 'a script fails on one of two'
like "$(cell error deployed)" "^scripts: .*check.*no such controller" 'with what it printed'
like "$(story m2)" 'looking for the controller' 'its log has all of it'
within 30 is_off m1
ok 'the other has its image' cmp -n "$(stat -c %s small.raw)" small.raw "$(lab machine-disk m1)"
is "$(fsck -n 2>&1)" '' 'nothing is left to mend'
done_testing
