package io.github.swscan.checkpoint;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.MappedByteBuffer;
import java.util.Optional;

/**
 * Has parts of mapped files read before they are needed.
 *
 * <p>Java's own way touches every page and waits for it, which takes the processor from those who compute; Linux reads in
 * the background when told to.
 */
final class ReadingAhead {

    /** MADV_WILLNEED of madvise(2). */
    private static final int WILL_NEED = 3;

    /** A multiple of the size that pages have on any of our platforms, and a divisor of the size of a mapping's offset. */
    private static final long ALIGNMENT = 1 << 16;

    private static final Optional<Function> ADVISE = advise();

    private ReadingAhead() {}

    /** Returns when the reading is asked for or, elsewhere than on Linux, done. */
    static void request(MappedByteBuffer part) {
        if (ADVISE.isEmpty()) {
            part.load();
            return;
        }
        long address = Pointer.nativeValue(Native.getDirectBufferPointer(part));
        long start = address / ALIGNMENT * ALIGNMENT;
        // An answer other than 0 means that nothing is read ahead, but only when it is used.
        ADVISE.get().invokeInt(new Object[] {start, address + part.limit() - start, WILL_NEED});
    }

    private static Optional<Function> advise() {
        try {
            return Platform.isLinux()
                    ? Optional.of(NativeLibrary.getProcess().getFunction("madvise"))
                    : Optional.empty();
        } catch (UnsatisfiedLinkError unavailable) {
            return Optional.empty();
        }
    }
}
