# No query is slow, but there are two hundred of them.
function export-csv timeout=10
database crm

0-10000 timer export-csv timedout
  10-50 use crm "SELECT id FROM contact"
  repeat 200 every=48
    60-105 use crm "SELECT * FROM contact WHERE id"

expect
  failure export-csv
  cause crm high|medium
  headline "calls"
