# The consumer is killed after five seconds; three levels down an index is missing.
service api-in
queue reports
function make-report timeout=5
service stats
service warehouse-svc
database dwh

0-30 entry api-in "POST /report" -> 202
  10-20 send reports id=sl-1 {"r":1}
    100-5100 deliver make-report timedout
      120-5100 call stats "GET /sum" timeout served=130-6900
        150-6880 call warehouse-svc "GET /rows" -> 200
          160-190 use dwh "SELECT meta"
          200-6850 use dwh "SELECT * FROM fact WHERE day"

expect
  failure make-report
  cause dwh "FROM fact" high|medium
