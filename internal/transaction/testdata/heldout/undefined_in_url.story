# The message has no customer, so the receiver asks for /customers/undefined and is told 404.
function till
http vip.example
queue sales
function crm-sync
http customers.example

0-150 entry till "POST /sale" -> 200
  event http {"sale":"s1","card":"c9"}
  10-70 call vip.example "GET /card" -> 503
  90-110 send sales id=u-1 {"sale":"s1"}
    200-400 deliver crm-sync
      210-300 call customers.example "GET /customers/undefined" -> 404
      310 throw HTTPError "404 Not Found"

expect
  failure crm-sync
  cause till high|medium
