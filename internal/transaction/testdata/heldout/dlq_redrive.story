# A message dies, is redriven after the fix of the table it needs, and succeeds: the attempts failed for the table.
service importer
queue imports
function load-row
table lookup

0-60 entry importer "POST /import" -> 202
  10-30 send imports id=d-1 {"key":"k1"}
    100-200 deliver load-row attempt=1
      120-180 use lookup GetItem
        fail "ResourceNotFoundException: Requested resource not found"
      190 throw ResourceNotFoundException "Requested resource not found"
    10100-10200 deliver load-row attempt=2
      10120-10180 use lookup GetItem
        fail "ResourceNotFoundException: Requested resource not found"
      10190 throw ResourceNotFoundException "Requested resource not found"

expect
  failure load-row
  cause lookup high
