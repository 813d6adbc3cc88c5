package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in docs/embedding.md runs as it stands there, without the libraries of the command line. */
class EmbeddingTest {

    private static final Pattern CODE = Pattern.compile("(?s)```java\n(.*?class (\\w+) .*?)```");
    private static final Pattern OF_THE_COMMAND_LINE =
            Pattern.compile("(picocli|logback|progressbar|jline|ascii-table).*\\.jar");

    @TempDir
    private Path folder;

    @Test
    void scansWithoutTheLibrariesOfTheCommandLine() throws IOException, InterruptedException {
        Matcher code = CODE.matcher(Files.readString(Path.of("docs", "embedding.md")));
        assertThat(code.find()).isTrue();
        Path source = Files.writeString(folder.resolve(code.group(2) + ".java"), code.group(1));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");

        // Java compiles a source that it is given to run.
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath(),
                        source.toString())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();

        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        assertThat(out).content().startsWith("model.layers.1.mlp.down_proj.weight critical\n");
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !isOfTheCommandLine(entry))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean isOfTheCommandLine(String entry) {
        return OF_THE_COMMAND_LINE
                .matcher(Path.of(entry).getFileName().toString())
                .matches();
    }
}
