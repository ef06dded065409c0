# Two uploads of the same file: which of them the receiver was told of, nobody can say.
function up-one
function up-two
bucket twins
function on-file

0-50 entry up-one "PUT /a" -> 200
  10-20 use twins PutObject a.txt id=same-etag context=keys
60-90 entry up-two "PUT /a" -> 200
  70-80 use twins PutObject a.txt id=same-etag context=keys
200-300 deliver on-file of=same-etag context=keys
  290 throw ValueError "empty file"

expect
  only on-file
  failure on-file
  cause on-file any
