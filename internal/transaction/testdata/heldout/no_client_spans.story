# Only servers are traced: services stand right below each other.
service gate
service desk
service vault
database keys

0-300 entry gate "GET /secret" -> 500
  10-290 do "proxy"
    20-280 call desk "GET /secret" -> 500
      30-270 call vault "GET /key" -> 500
        40-260 use keys "SELECT k"
          throw PSQLException "FATAL: too many connections for role vault"

expect
  failure gate
  cause keys high|medium
