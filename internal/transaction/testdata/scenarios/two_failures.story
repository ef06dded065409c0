# The request fails at the bank; the audit behind the topic fails for its own reason.
gateway pay-gateway
function pay
http bank.example
topic payments
function audit
bucket audit-log

0-600 entry pay-gateway "POST /pay" -> 500
  5-590 invoke pay
    10-30 send payments id=i-1 {"amount":5}
      100-300 deliver audit
        110-290 use audit-log PutObject
          fail "AccessDenied: Access Denied"
        295 throw AccessDenied "Access Denied"
    50-500 call bank.example "POST /charge" -> 500
    510 throw Error "bank.example answered 500"

expect
  failure pay-gateway
  cause bank.example high
  other audit-log
