# A sender writes plain text to a queue of JSON.
function scribbler
queue notes
function note-reader

0-30 entry scribbler "POST /n" -> 200
  10-20 send notes id=nj-1 "hello there"
    60-90 deliver note-reader
      80 throw SyntaxError "Unexpected token h in JSON at position 0"

expect
  failure note-reader
  cause scribbler|note-reader any
