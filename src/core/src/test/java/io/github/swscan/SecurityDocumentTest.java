package io.github.swscan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The limits that docs/security.md tells are those of the source. */
class SecurityDocumentTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\| .+ \\| ([0-9,]+) \\| `(\\w+)\\.(\\w+)` \\|$");

    static Stream<Arguments> limits() throws IOException {
        List<MatchResult> rows = ROW.matcher(Files.readString(Path.of("docs", "security.md")))
                .results()
                .toList();
        assertThat(rows).hasSizeGreaterThan(30);
        return rows.stream().map(row -> Arguments.of(row.group(2), row.group(3), row.group(1)));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void areThoseOfTheSource(String type, String constant, String limit) throws IOException {
        assertThat(value(type, constant)).isEqualTo(Long.parseLong(limit.replace(",", "")));
    }

    /** A name that the source spells out is one that it knows. */
    @Test
    void namesThatPicklesMayLoadAreTold() throws IOException {
        List<String> names = Pattern.compile("\"(?:torch|collections|builtins|__builtin__)\\.(?:\\w+\\.)*(\\w+)\"")
                .matcher(Files.readString(source("PyTorchUnpickler")))
                .results()
                .map(name -> name.group(1))
                .toList();

        assertThat(names).hasSizeGreaterThan(30);
        assertThat(Files.readString(Path.of("docs", "security.md"))).contains(names);
    }

    /** Of a constant that is a product or a shift of numbers and other constants. */
    private static long value(String type, String constant) throws IOException {
        Matcher assigned = Pattern.compile("static final \\w+ " + constant + " = ([^;]+);")
                .matcher(Files.readString(source(type)));
        assertThat(assigned.find()).as(type + "." + constant).isTrue();
        long product = 1;
        for (String factor : assigned.group(1).split(" \\* ", -1)) {
            product *= factor(type, factor);
        }
        return product;
    }

    private static long factor(String type, String factor) throws IOException {
        List<String> shift = Arrays.stream(factor.split(" << ", -1))
                .map(number -> number.replaceAll("[_L]", ""))
                .toList();
        if (Character.isDigit(factor.charAt(0))) {
            return Long.parseLong(shift.get(0)) << (shift.size() > 1 ? Integer.parseInt(shift.get(1)) : 0);
        }
        int dot = factor.indexOf('.');
        return value(dot < 0 ? type : factor.substring(0, dot), factor.substring(dot + 1));
    }

    private static Path source(String type) throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src", "core", "src", "main", "java"))) {
            return sources.filter(source -> source.endsWith(type + ".java"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
