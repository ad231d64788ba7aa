%% Processes of Erlang, as a side of a row: escript actors.escript send|ping_pong|ask COUNT.
-mode(compile).

main([Play, Count]) ->
    io:put_chars("{\"ready\":true}\n"),
    rounds(list_to_atom(Play), list_to_integer(Count)).

rounds(Play, Count) ->
    case io:get_line("") of
        eof -> ok;
        _ ->
            try io:format("{\"figure\":~f}~n", [played(Play, Count)])
            catch _:Error -> io:format("{\"error\":\"~p\"}~n", [Error])
            end,
            rounds(Play, Count)
    end.

%% Messages a second.
played(Play, Count) ->
    Began = erlang:monotonic_time(microsecond),
    play(Play, Count),
    Count * 1.0e6 / (erlang:monotonic_time(microsecond) - Began).

%% To a process that counts, which then says how much.
play(send, Count) ->
    Counter = spawn_link(fun() -> counter(0) end),
    send(Counter, Count),
    Count = counted(Counter),
    Counter ! stop;
%% Between two, until none is left.
play(ping_pong, Count) ->
    Self = self(),
    Pong = spawn_link(fun() -> player(Self) end),
    Ping = spawn_link(fun() -> player(Self) end),
    Ping ! {ball, Pong, Count},
    receive done -> ok end,
    Ping ! stop,
    Pong ! stop;
%% One question after the other.
play(ask, Count) ->
    Counter = spawn_link(fun() -> counter(0) end),
    Counter ! {add, 1},
    ask(Counter, Count),
    Counter ! stop.

send(_, 0) -> ok;
send(Counter, Left) ->
    Counter ! {add, 1},
    send(Counter, Left - 1).

ask(_, 0) -> ok;
ask(Counter, Left) ->
    1 = counted(Counter),
    ask(Counter, Left - 1).

counted(Counter) ->
    Ref = make_ref(),
    Counter ! {count, self(), Ref},
    receive {Ref, Count} -> Count end.

counter(Count) ->
    receive
        {add, By} -> counter(Count + By);
        {count, From, Ref} -> From ! {Ref, Count}, counter(Count);
        stop -> ok
    end.

player(Owner) ->
    receive
        {ball, _, 0} -> Owner ! done, player(Owner);
        {ball, Other, Left} -> Other ! {ball, self(), Left - 1}, player(Owner);
        stop -> ok
    end.
