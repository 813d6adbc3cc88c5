package io.github.swscan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the machine's CPU can do. */
final class Processor {

    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Pattern FLAGS = Pattern.compile("(flags|Features)\\s*:\\s*(.*)");
    /** avx512_bf16 and amx_bf16 on x86-64, bf16 on 64-bit Arm. */
    private static final Set<String> BFLOAT16_FLAGS = Set.of("avx512_bf16", "amx_bf16", "bf16");

    private Processor() {}

    /**
     * Whether the CPU has instructions that multiply bfloat16 numbers. Without them the engine emulates bfloat16 and is
     * slower than in float32. Only Linux says so; elsewhere the answer is no.
     */
    static boolean multipliesBfloat16() {
        if (!Files.isReadable(CPU_INFO)) {
            return false;
        }
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            Set<String> flags = lines.map(FLAGS::matcher)
                    .filter(line -> line.matches())
                    .flatMap(line -> Pattern.compile("\\s+").splitAsStream(line.group(2)))
                    .collect(Collectors.toSet());
            return BFLOAT16_FLAGS.stream().anyMatch(flags::contains);
        } catch (IOException e) {
            return false;
        }
    }
}
