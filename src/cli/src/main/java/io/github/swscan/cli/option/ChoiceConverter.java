package io.github.swscan.cli.option;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads one of a few words, in upper or lower case. */
public final class ChoiceConverter<E extends Enum<E>> implements ITypeConverter<E> {

    private final E[] choices;

    public ChoiceConverter(Class<E> type) {
        this.choices = type.getEnumConstants();
    }

    @Override
    public E convert(String text) {
        return Arrays.stream(choices)
                .filter(choice -> word(choice).equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + text + "' is none of " + words()));
    }

    private static String word(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private String words() {
        return Arrays.stream(choices).map(ChoiceConverter::word).collect(Collectors.joining(", "));
    }
}
