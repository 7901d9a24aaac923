# shellcheck shell=sh
# Images to add, for tests that source this after tap.sh.
#
#	disk FILE SIZE		a raw disk with a boot sector's mark, otherwise a hole
#	serve FOLDER		by http, on 127.0.0.1; its URL without the last '/' in $url
#	column NAME COMMAND...	one cell of the only row that the command prints

disk() {
	truncate -s "$2" "$1"
	printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc 2>/dev/null
}

serve() {
	serve_try=0
	while test $serve_try -lt 20; do
		serve_port=$((20000 + ($$ * 7 + serve_try * 131) % 20000))
		busybox httpd -f -p 127.0.0.1:$serve_port -h "$1" 2>/dev/null &
		serve_pid=$!
		sleep 0.2
		if kill -0 $serve_pid 2>/dev/null; then
			url=http://127.0.0.1:$serve_port
			trap 'kill $serve_pid; cd / && rm -rf "$tmp"' EXIT
			return 0
		fi
		serve_try=$((serve_try + 1))
	done
	return 1
}

column() {
	column_name=$1
	shift
	"$@" -n -o "$column_name"
}
