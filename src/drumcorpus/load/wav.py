"""Sound of an export from its bytes: WAV of 16 or 24 bit by numpy, all else by libsndfile."""

import struct

import numpy as np

PCM, EXTENSIBLE = 1, 0xFFFE


def decode_sound(content: bytes | memoryview) -> tuple[np.ndarray, int]:
    """Samples, from -1 to 1, and their rate.

    Returns
    -------
    samples : ndarray, shape (n_samples,) or, of several channels, (n_samples, n_channels)
        float32.
    sample_rate_hz : int

    Raises
    ------
    ValueError
        If it is no sound, or less of it is there than its head says.
    """
    if bytes(content[:4]) == b"RIFF":
        return _decode_wav(memoryview(content))
    import io

    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise ValueError(f"no sound that libsndfile reads: {error.error_string}") from None
    return samples, rate


def _decode_wav(content: memoryview) -> tuple[np.ndarray, int]:
    """RIFF chunks as in Microsoft's and IBM's "Multimedia Programming Interface" of 1991."""
    place, form = 12, None
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        body = content[place + 8 : place + 8 + size]
        if len(body) < size:
            raise ValueError(
                f"the chunk {name.decode('latin-1')!r} is cut short: "
                f"{len(body)} bytes of {size} are there"
            )
        if name == b"fmt ":
            form = _format_of(body)
        elif name == b"data":
            return _decode_pcm(body, form)
        place += 8 + size + size % 2
    raise ValueError("no chunk of samples in a WAV file")


def _format_of(body: memoryview) -> tuple[int, ...]:
    """Code, channels, rate, bytes a second and a frame, and bits."""
    try:
        form = struct.unpack_from("<HHIIHH", body)
        if form[0] == EXTENSIBLE:  # the format stands in the first bytes of its sub-format
            form = (struct.unpack_from("<H", body, 24)[0], *form[1:])
    except struct.error:
        raise ValueError(f"the chunk 'fmt ' has {len(body)} bytes, fewer than it needs") from None
    return form


def _decode_pcm(body, form) -> tuple[np.ndarray, int]:
    if form is None:
        raise ValueError("a WAV file whose format does not come before its samples")
    code, n_channels, rate, _, _, bits = form
    if code != PCM or bits not in (16, 24) or n_channels < 1:
        raise ValueError(f"WAV of format {code} with {bits} bit; wanted: PCM of 16 or 24 bit")
    if bits == 16:
        samples = np.frombuffer(body, "<i2").astype(np.float32)
        samples *= np.float32(2.0**-15)
    else:  # as the upper three bytes of 32 bit, so that the sign is in its place
        wide = np.zeros((len(body) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        samples = wide.view("<i4")[:, 0].astype(np.float32)
        samples *= np.float32(2.0**-31)
    return (samples if n_channels == 1 else samples.reshape(-1, n_channels)), rate
