package io.github.swscan.text;

import io.github.swscan.input.BuiltInResource;
import java.util.List;

/** Short texts in which activation peaks are looked for. */
public final class Prompts {

    private Prompts() {}

    /** The prompts that come with the program. */
    public static List<String> builtIn() {
        return parse(BuiltInResource.read(Prompts.class, "prompts.txt"));
    }

    /** One prompt a line; empty lines and lines that begin with # are left out. */
    public static List<String> parse(String lines) {
        return lines.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
    }
}
