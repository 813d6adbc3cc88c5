package io.github.swscan.engine;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A library with the interface of NVIDIA's driver that shows two GPUs, which nothing can compute on. */
public final class StandInDriver {

    private static final String DRIVER = """
            #include <string.h>
            int cuInit(unsigned flags) { return flags == 0 ? %d : 1; }
            int cuDeviceGetCount(int *count) { *count = 2; return 0; }
            int cuDeviceGet(int *device, int ordinal) { *device = 40 + ordinal; return 0; }
            int cuDeviceGetAttribute(int *value, int attribute, int device) {
                *value = attribute == 75 ? device - 33 : -1;
                return 0;
            }
            int cuDeviceGetName(char *name, int length, int device) {
                strncpy(name, device == 40 ? "Tesla V100" : "A100", length);
                return 0;
            }
            """;

    private StandInDriver() {}

    /**
     * Builds the library, named as the driver's is; skips the test where there is no C compiler.
     *
     * @param initialized what its initialization gives: 0 for success
     */
    public static Path library(Path folder, int initialized) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("driver.c"), DRIVER.formatted(initialized));
        Path library = folder.resolve("libcuda.so.1");
        boolean compiled;
        try {
            compiled = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                            .inheritIO()
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            compiled = false;
        }
        assumeThat(compiled).as("there is a C compiler").isTrue();
        return library;
    }
}
