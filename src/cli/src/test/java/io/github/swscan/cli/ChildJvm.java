package io.github.swscan.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The program in a process of its own, for what cannot be seen from inside one: signals, streams, loaded classes. */
final class ChildJvm {

    private ChildJvm() {}

    /** The command that starts the program, as it is for users: without the tests' classes and settings. */
    static List<String> command(List<String> jvmOptions, String... arguments) {
        List<String> command = new ArrayList<>(List.of(java(), "-Xshare:auto", "-XX:TieredStopAtLevel=1"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath(), Swscan.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    static CommandRun run(Path workingFolder, String... arguments) throws IOException, InterruptedException {
        return finish(builder(workingFolder, command(List.of(), arguments)).start());
    }

    static ProcessBuilder builder(Path workingFolder, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(workingFolder.toFile());
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"));
        builder.environment().put("OMP_WAIT_POLICY", "passive");
        // Whoever runs the tests may have defaults of options.
        builder.environment().put("XDG_CONFIG_HOME", "/nonexistent");
        return builder;
    }

    static CommandRun finish(Process process) throws IOException, InterruptedException {
        CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
        String out = text(process.getInputStream());
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("does not end: " + process.info());
        }
        return new CommandRun(process.exitValue(), out, err.join());
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
