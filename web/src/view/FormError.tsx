/** Why something was refused, read out as it appears. Nothing where there is nothing to say. */
export function FormError({ text, testid }: { text: string; testid?: string }) {
  if (text === "") return null;
  return (
    <p class="form-error" role="alert" data-testid={testid}>
      {text}
    </p>
  );
}
