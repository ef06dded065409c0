# An OTel gateway, an Instana function with half an id, an Epsagon worker.
gateway mx-gateway
function mx-accept tracer=instana
http mx-ident.example
queue mx-queue
function mx-worker tracer=epsagon

0-200 entry mx-gateway "POST /x" -> 200
  5-190 invoke mx-accept
    event http {"job":1}
    10-60 call mx-ident.example "GET /me" -> 403
    100-120 send mx-queue id=mx-m1 {"job":1}
      300-400 deliver mx-worker
        390 throw KeyError "'principal'"

expect
  failure mx-worker
  cause mx-accept high
