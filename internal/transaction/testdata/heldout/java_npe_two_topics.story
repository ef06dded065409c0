# Through two functions and two queues: the first drops the tenant that it was handed.
service portal
queue intake
function router
queue routed
function biller

0-80 entry portal "POST /usage" -> 202
  event {"tenant":"t-9","units":4}
  20-40 send intake id=a-1 {"tenant":"t-9","units":4}
    100-220 deliver router
      150-180 send routed id=a-2 {"units":4,"source":"portal"}
        400-480 deliver biller
          470 throw java.lang.NullPointerException "Cannot invoke \"com.acme.Tenant.getPlan()\" because \"usage.tenant\" is null"

expect
  failure biller
  cause router high
  hops 2
