# The lowest service swallows, the middle hands on, the topmost breaks on it, two messages later.
function harvest
http source.example
queue harvested
function shape
topic shaped
function publish-feed

0-300 timer harvest
  10-200 call source.example "GET /feed" -> 500
  210-220 send harvested id=tl-1 {"feed":"f1"}
    300-360 deliver shape
      340-350 send shaped id=tl-2 {"feed":"f1","shape":"v2"}
        400-440 deliver publish-feed
          430 throw KeyError "'entries'"

expect
  failure publish-feed
  cause harvest high
  hops 4
