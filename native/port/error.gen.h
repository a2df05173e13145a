// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.
#pragma once

enum tt_error {
    TT_OK = 0,
    TT_EINVALID = -1, // An argument is malformed or out of its range.
    TT_ENOTFOUND = -2, // No such pin, key, handle, timer or request.
    TT_EFULL = -3, // A bounded queue, table or store has no room; try later or send less.
    TT_EBUSY = -4, // In use, or already answered.
    TT_EIO = -5, // The peripheral did not answer or answered wrong.
    TT_EUNSUPPORTED = -6, // This board or port cannot do that.
    TT_ETIMEOUT = -7, // No answer in time.
    TT_ECLOSED = -8, // The peer closed, or there is no connection.
    TT_EPROTOCOL = -9, // The peer sent what its protocol forbids.
    TT_EREFUSED = -10, // The peer understood and said no.
    TT_EUNTRUSTED = -11, // A certificate or signature did not verify.
    TT_EUNSET = -12, // The value is not known yet, such as the time before it was set.
};
