package io.github.swscan.engine;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Asks NVIDIA's driver for GPUs, through the CUDA driver API. Unlike the engine it sees them without the other CUDA
 * libraries, and so can tell what is missing.
 */
final class NvidiaDriver {

    private static final int SUCCESS = 0;
    private static final int COMPUTE_CAPABILITY_MAJOR = 75;
    private static final int NAME_BYTES = 256;

    private NvidiaDriver() {}

    /** The GPUs that the process may use, in the engine's order; none without a driver. */
    static List<Gpu> gpus() {
        return gpus(Platform.isWindows() ? "nvcuda" : "libcuda.so.1");
    }

    /** @param library the driver's, by name or path */
    static List<Gpu> gpus(String library) {
        try {
            NativeLibrary driver = NativeLibrary.getInstance(library);
            IntByReference count = new IntByReference();
            if (!succeeds(driver, "cuInit", 0) || !succeeds(driver, "cuDeviceGetCount", count)) {
                return List.of();
            }
            return IntStream.range(0, count.getValue())
                    .mapToObj(index -> gpu(driver, index))
                    .toList();
        } catch (LinkageError e) {
            return List.of();
        }
    }

    private static Gpu gpu(NativeLibrary driver, int index) {
        IntByReference handle = new IntByReference(index);
        IntByReference generation = new IntByReference();
        byte[] name = new byte[NAME_BYTES];
        boolean known = succeeds(driver, "cuDeviceGet", handle, index)
                && succeeds(driver, "cuDeviceGetAttribute", generation, COMPUTE_CAPABILITY_MAJOR, handle.getValue())
                && succeeds(driver, "cuDeviceGetName", name, name.length - 1, handle.getValue());
        return known ? new Gpu(text(name), generation.getValue()) : new Gpu("GPU " + index, 0);
    }

    private static boolean succeeds(NativeLibrary driver, String function, Object... arguments) {
        Function call = driver.getFunction(function);
        return call.invokeInt(arguments) == SUCCESS;
    }

    private static String text(byte[] terminated) {
        String whole = new String(terminated, StandardCharsets.UTF_8);
        return whole.substring(0, whole.indexOf('\0'));
    }
}
