#!/bin/sh
# imglib add URL: by http with its sha256 only, whole or not at all, and never to where it wasn't sent
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/images.sh"
need curl busybox sha256sum

mkdir -p www/cgi-bin
disk www/raw 2M
dd if=/dev/urandom of=www/raw bs=64k seek=4 count=4 conv=notrunc 2>/dev/null
sum=$(sha256sum <www/raw | cut -d' ' -f1)
# cgi NAME: answers with what comes on stdin
cgi() {
	{ echo '#!/bin/sh' && cat; } >"www/cgi-bin/$1"
	chmod +x "www/cgi-bin/$1"
}
echo "printf 'HTTP/1.0 302 Found\r\nLocation: /raw\r\n\r\n'" | cgi moved
echo "printf 'HTTP/1.0 302 Found\r\nLocation: file://$tmp/www/raw\r\n\r\n'" | cgi file
echo "printf 'HTTP/1.0 302 Found\r\nLocation: /cgi-bin/loop\r\n\r\n'" | cgi loop
echo "printf 'HTTP/1.0 200 OK\r\nContent-Length: 2097152\r\n\r\n'; head -c 100000 $tmp/www/raw" | cgi short
echo "printf 'HTTP/1.0 200 OK\r\n\r\n'; cat /dev/zero" | cgi endless
echo "printf 'HTTP/1.0 200 OK\r\n\r\n'; exec sleep 60" | cgi slow
serve "$tmp/www" || skip_all 'needs a port to listen at'

says() {
	like "$(cat "$err")" "$1" "$2"
}

ok 'add' imglib add web "$url/raw" --sha256 "$sum"
is "$(column sha256 imglib list web)" "$sum" 'is what was fetched'
ok 'a redirection' imglib add moved "$url/cgi-bin/moved" --sha256 "$sum"
ok 'the user'\''s own .curlrc is not read' env HOME="$tmp" sh -c \
	'echo "output = stolen" >"$HOME/.curlrc"; imglib add rc "$1" --sha256 "$2" && test ! -e stolen' - "$url/raw" "$sum"
exits 2 'no sha256' imglib add x "$url/raw"
says 'what comes by http needs --sha256' 'is refused'
exits 1 'another sha256' imglib add x "$url/raw" --sha256 "$(echo | sha256sum | cut -d' ' -f1)"
says "^imglib: cannot add 'x': its sha256 is $sum and not" 'is refused'
exits 1 'what is not there' imglib add x "$url/none" --sha256 "$sum"
says "cannot fetch '$url/none': 'curl' ended with status 22: curl: .* 404" 'is an error'
exits 1 'a redirection to a file' imglib add x "$url/cgi-bin/file" --sha256 "$sum"
exits 1 'a circle of them' imglib add x "$url/cgi-bin/loop" --sha256 "$sum"
exits 1 'a transfer cut short' imglib add x "$url/cgi-bin/short" --sha256 "$sum"
exits 4 'one without an end' imglib add x "$url/cgi-bin/endless" --sha256 "$sum" --max-size 10M
says 'larger than 10485760 bytes' 'has a limit'
exits 75 'one that hangs' imglib add x "$url/cgi-bin/slow" --sha256 "$sum" --timeout 1
says "'curl' took longer than 1 s" 'has one too'
exits 1 'nobody there' imglib add x https://127.0.0.1:1/raw
exits 2 'a password' imglib add x http://me:secret@127.0.0.1/raw --sha256 "$sum"
unlike "$(cat "$err")" secret 'is not taken, nor repeated'
exits 2 'a URL in two lines' imglib add x "$url/raw
output=x" --sha256 "$sum"
exits 1 'another protocol is a file' imglib add x "file://$tmp/www/raw"
is "$(imglib list -n -o name | paste -sd ' ')" 'moved rc web' 'nothing of that is there'
is "$(find "$VMM_STATE/library" -name '.?*')" '' 'nor left over'

# Ctrl-C twice, while curl waits.
imglib add x "$url/cgi-bin/slow" --sha256 "$sum" 2>said &
pid=$!
sleep 0.5
kill -INT $pid && sleep 0.2 && kill -INT $pid
wait $pid
is "$?" 1 'Ctrl-C'
like "$(tail -n 1 said)" "'curl' was stopped" 'stops it'
is "$(find "$VMM_STATE/library" -name '.?*')" '' 'and leaves nothing'
done_testing
