# Two of three backends fail for the same database.
gateway bg-gateway
service bg-agg
service bg-a
service bg-b
service bg-c
database bg-db

0-400 entry bg-gateway "GET /" -> 502
  5-390 call bg-agg "GET /" -> 502
    10-200 call bg-a "GET /" -> 500
      20-190 use bg-db "SELECT a"
        throw PgError "the database system is starting up"
    10-210 call bg-b "GET /" -> 500
      20-200 use bg-db "SELECT b"
        throw PgError "the database system is starting up"
    10-60 call bg-c "GET /" -> 200

expect
  failure bg-gateway
  cause bg-db high|medium
