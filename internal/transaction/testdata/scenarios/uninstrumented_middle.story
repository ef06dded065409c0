# A proxy nobody traces stands between the gateway and the service that breaks.
gateway public-gateway
service legacy-proxy tracer=none passes=yes
service tariffs
cache tariff-cache

0-300 entry public-gateway "GET /tariff" -> 502
  5-290 call legacy-proxy "GET /tariff" -> 502
    20-270 call tariffs "GET /tariff" -> 500
      30-250 use tariff-cache GET
        fail "READONLY You can't write against a read only replica."
      260 throw ReplyError "READONLY You can't write against a read only replica."

expect
  failure public-gateway
  cause tariff-cache high|medium
