"""SMPP 3.4 without I/O, for the operator route (ESME), the simulator and the server for customers (SMSC).

Pure: time is an argument (seconds, monotonic), octets go in and out, nothing is logged. Import from the modules:

* `session`: `Session(role, window=, timers=, now=)` and `Submission`.
  In: `receive_data(data, now)`; then take `events()` or `next_event()` and write `data_to_send()`.
  Out, each returning octets to write: `send_bind`, `send_request`, `submit_many(rows, now)`, `unbind`;
  `reserve(keys, now)` gives sequence numbers for PDUs packed with `bulk`.
  Answers: `respond`, `acknowledge` (deliver_sm in bulk), `answer_submits` (submit_sm in bulk).
  Time: `next_deadline()`, `poll(now)`. The end: `connection_lost()`.
  State: `state`, `is_closed`, `room`, `window`, `outstanding`, `unanswered`, `counters`.
* `events`: `Bound, BindRefused, Request, Receipts, Submits, Results[Result], Response, LateResult, TimedOut, Malformed,
Refused, PeerUnbound, ProtocolFault, LinkDead, Closed` and the union `Event`. * `states`: `Role`, `State`,
`TRANSITIONS`. `liveness`: `Timers`, `Timers.server()`. * `bulk`: `SubmitTemplate`, `submit_body`, `pack_submits`,
`deliver_body`, `pack_delivers`,
`pack_deliver_resps`, `pack_submit_resps`. * `pdu`: one frozen class per PDU. `codec`: `encode(pdu)`, `decode(frame)`.
`framing`: `FrameSplitter`. * `tlv`: `Tlv`, `pack_tlvs`, `find_tlv`, `tlv_text`, `tlv_int`, `int_tlv`, `text_tlv`.
`times`: validity and schedule strings. * `receipts`: `parse_receipt(pdu) -> Receipt | None`, `ReceiptState`;
`plain_receipts`: `read_plain_receipt(frame, sequence)`, the same for the usual form; `plain_submits` likewise.
`receipt_dates`: `read_date`, `told_at`, what an operator's date may mean.
`texts`: `read_text`. `message_ids`: `normalise_id`, `id_candidates`. `receipt_writing`: `format_receipt`,
`receipt_tlvs`, `receipt_date`, `read_receipt_date`.
* `status_map`: `action_for(status)`, `action_for_nack`, `IN_DOUBT`, `Action`, `ActionKind`. *
`constants`: `CommandId, CommandStatus, Tag, MessageState, EsmClass, DataCoding, Ton, Npi, BindKind, status_name`. *
`errors`: `LocalProtocolError` (our bug, nothing was registered), `RemoteProtocolError` (`status`, `reason`, `detail`).
"""
