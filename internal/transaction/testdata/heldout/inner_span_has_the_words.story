# The consumer only says that it failed; the words are on a span inside.
service ledger-api
queue postings
function post-entry

0-60 entry ledger-api "POST /entry" -> 202
  10-20 send postings id=is-1 {"debit":5}
    100-200 deliver post-entry
      fail ""
      110-190 do "apply"
        120-180 do "validate"
          throw ValidationError "\"credit\" is required"

expect
  failure post-entry
  cause ledger-api high|medium
