#!/bin/sh
# vmm-rows: other formats, order and choice of rows; what is no rows
. "${0%/*}/../tap.sh"
need jq

rows() { # WANT INPUT ARG...
	want=$(printf '%b.' "$1") input=$2
	shift 2
	got=$(printf '%b' "$input" | vmm-rows "$@" 2>&1; echo .)
	test "$got" = "$want" || { echo "$*, of $input:"; echo "$got"; }
}
table='name\tmem\nb\t9\na\t10\nc\t\n'
{
	rows "$table" "$table"
	rows 'b\t9\na\t10\nc\t\n' "$table" -n
	rows 'mem\n9\n10\n\n' "$table" -o mem
	rows "$table" "$table" -o +name
	rows 'name\tmem\na\t10\nb\t9\nc\t\n' "$table" --sort name
	rows 'name\tmem\nc\t\nb\t9\na\t10\n' "$table" --sort -name
	rows 'name\tmem\nc\t\nb\t9\na\t10\n' "$table" --sort mem
	rows 'name\tmem\na\t10\nb\t9\n' "$table" --sort -mem --head 2
	rows 'name\tmem\n' "$table" --head 0
	rows "$table" "$table" --head 18446744073709551615
	rows '{"name":"b","mem":9}\n{"name":"a","mem":10}\n{"name":"c","mem":null}\n' "$table" --json
	rows 'name,mem\nb,9\na,10\nc,\n' "$table" --format csv
	rows 'name\tmem\nb\t1.5G\n' 'name\tmem\nb\t1610612736\n' -H
	rows 'a\n"x""y,z"\n' 'a\nx"y,z\n' --format csv
	rows 'name\n=1+1\n@x\n' 'name\n=1+1\n@x\n' --format csv
	rows 'name\n' 'name\n'
	rows '' ''
	rows '' '[]'
	rows '' '[]' -o mem --sort mem --format table
	rows 'a\tb\n1\t\n\t2\n' '{"a":1}\n{"b":"2"}'
	rows 'a\n1\n2\n' ' [ {"a":1},\n\n{"a":2} ] '
	rows 'a\tb\tc\td\te\nyes\tno\t\tx,y\\\\,z\t{"k":1}\n' '{"a":true,"b":false,"c":null,"d":["x","y,z"],"e":{"k":1}}'
	rows 'a\n12345678901234567890\n' 'a\n12345678901234567890\n'
	rows '{"mem":"12345678901234567890"}\n' 'mem\n12345678901234567890\n' --json
	rows '{"mem":"007"}\n{"mem":"1e3"}\n{"mem":-1}\n' 'mem\n007\n1e3\n-1\n' --json
	rows 'mem\n-0\n' '{"mem":"-0"}'
	rows '{"memory":1024,"macs":["m1"],"nics":[]}\n' 'memory\tmacs\tnics\n1024\tm1\t\n' --json
	rows '{"labels":["a=1","b"],"maint":true}\n' 'labels\tmaint\na=1,b\tyes\n' --json
	rows 'a\n\\\\\\t\\n\\r\n' 'a\n\\\\\\t\\n\\r\n'
} >bad
is "$(cat bad)" '' 'formats, columns, order'

wrong() { # WANT INPUT ARG...: refused with status 2 and this message
	want="vmm-rows: $1" input=$2
	shift 2
	got=$(printf '%b' "$input" | vmm-rows "$@" 2>&1; echo $?)
	test "$got" = "$(printf '%s\n2' "$want")" || { echo "$*, of $input:"; echo "$got"; }
}
{
	wrong "unknown column 'nope'" 'a\nx\n' -o nope
	wrong "--sort 'nope': the input has no such column" 'a\nx\n' --sort nope
	wrong "--format 'xml': not one of tsv json csv table" 'a\nx\n' --format xml
	wrong "--format 'xml': not one of tsv json csv table" '' --format xml
	wrong "--head: 'x' is not a whole number" '' --head x
	wrong 'stdin:2: 2 cells where the header has 1' 'a\nx\ty\n'
	wrong 'stdin:3: 1 cell where the header has 2' 'a\tb\nx\ty\nz\n'
	wrong "stdin:1: column name 'a' is there twice" 'a\ta\n'
	wrong "stdin:1: column name '' is empty" 'a\t\n'
	wrong "stdin:2: '\\q' is none of \\t \\n \\r \\\\" 'a\n\\q\n'
	wrong "stdin:1: column name 'a%' ends with '%', which JSON rows keep for themselves" 'a%\nx\n'
	wrong "stdin:2: '%' can't be a column name" '{"a":1}\n{"%":"x"}'
	wrong "stdin:1: 'a%' is not percent-encoded text" '{"a%":"%zz"}'
	wrong 'stdin:1: a NUL character' '{"a":"\\u0000"}'
	wrong 'stdin:1: a list of something else than rows' '[1]'
} >bad
is "$(cat bad)" '' 'what is no rows is refused, with the line'
for input in '{"a":1,"a":2}' '{"a":1' '{"a":1} x' '{"a":"\377"}' 'a\nx\000\n'; do
	printf "$input" | vmm-rows >"$out" 2>"$err"
	test $? -eq 2 && test ! -s "$out" && grep -q '^vmm-rows: stdin:[0-9]*: ' "$err" || { echo "$input"; cat "$err"; }
done >bad
is "$(cat bad)" '' 'also a key twice, an end that is missing or too late, bytes that are no text'
done_testing
