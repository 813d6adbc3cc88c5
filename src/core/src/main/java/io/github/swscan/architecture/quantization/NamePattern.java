package io.github.swscan.architecture.quantization;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.stream.IntStream;

/**
 * A regular expression for names of modules, as libraries write them into their options. Those come with a model, from
 * anyone: they are matched in time that grows with the name alone, for which there is no looking ahead or back.
 */
record NamePattern(Pattern pattern) {

    private static final int LONGEST = 1000;

    /**
     * One that is written in options.
     *
     * @throws io.github.swscan.input.UnsupportedInputException if it is none, or one of another kind
     */
    static NamePattern of(CodedTensors tensors, String written) {
        if (written.length() > LONGEST) {
            throw tensors.unsupported("a pattern of " + written.length() + " characters for names of modules");
        }
        try {
            return new NamePattern(Pattern.compile(written));
        } catch (PatternSyntaxException e) {
            throw tensors.unsupported("the pattern " + written + " for names of modules");
        }
    }

    boolean isIn(String module) {
        return pattern.matcher(module).find();
    }

    boolean begins(String module) {
        return pattern.matcher(module).lookingAt();
    }

    /** Whether it matches the name from its beginning up to one of its dots, with the dot or without, or to its end. */
    boolean isWholePart(String module) {
        return IntStream.rangeClosed(0, module.length())
                .filter(end -> end == module.length()
                        || module.charAt(end) == '.'
                        || (end > 0 && module.charAt(end - 1) == '.'))
                .anyMatch(end -> pattern.matches(module.substring(0, end)));
    }
}
